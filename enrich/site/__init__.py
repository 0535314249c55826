"""The site package."""
