"""What a report says: events, their order and their sentences, whatever the format."""
