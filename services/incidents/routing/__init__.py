"""Which category a report belongs to, who answers it and how many people it needs. Works on
a text and the reporter's choices; knows no report."""
