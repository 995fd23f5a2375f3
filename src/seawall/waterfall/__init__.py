"""Who bears what is left: layers that pay cash, take lots or close lots."""
