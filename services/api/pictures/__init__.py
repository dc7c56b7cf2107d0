"""Pictures as SVG: positions are percentages, so that lines and letters keep their size at any width."""
