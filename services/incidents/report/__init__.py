"""Reports: from filing to closing, by the volunteers, the committee, the police or the log."""
