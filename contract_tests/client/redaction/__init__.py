"""What an output may show of the texts of a target: known words, reserved addresses, numbers, and pseudonyms."""
