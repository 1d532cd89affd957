// Written by the first part that needs it.
