"""Expected behaviour: the contract, the permission matrix, the model, known defects and documented differences."""
