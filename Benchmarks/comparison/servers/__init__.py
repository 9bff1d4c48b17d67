"""What is measured, as processes on free ports of the loopback interface. Each server is a context manager."""
