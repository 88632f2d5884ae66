"""The durable book: what was alerted is written here before anybody hears of it."""
