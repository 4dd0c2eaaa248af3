"""The format of AllenNLP and bilm-tf."""
