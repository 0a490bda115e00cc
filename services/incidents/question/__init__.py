"""An officer asks the reporter, who answers in time or not."""
