"""The parts of ./ws2 bench: what is measured (cases), how (variants, measure, requests), how it is told (report, chart)."""
