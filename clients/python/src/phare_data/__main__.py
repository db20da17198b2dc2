"""`python -m phare_data`: the same as `phare-data`."""

from phare_data.cli import main

main()
