"""What makes files of the project; nothing here is installed."""
