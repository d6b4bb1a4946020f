"""The assistant: an accountable participant that answers from the help, cites it, and hands over to people."""
