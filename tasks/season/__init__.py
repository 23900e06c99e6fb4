"""One large board in parts that any number of workers share."""
