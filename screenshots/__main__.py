"""Make all pictures: ``python -m screenshots [FOLDER]``."""

from screenshots.make import main

if __name__ == "__main__":
    raise SystemExit(main())
