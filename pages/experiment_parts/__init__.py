"""Parts of the Experiments page: choosing what is turned, and what came out."""
