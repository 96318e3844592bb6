"""The methods that templates may call, by the value's type."""
