"""What formats share: lines of text, charts, the environment of templates."""
