"""What ours is compared with: the same servers, used as simply as possible, with the same
durability."""
