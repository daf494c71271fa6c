"""How values of runtime files are found and masked: in files of any format, in output of any form."""
