"""What waits for a person: an officer, or the committee."""
