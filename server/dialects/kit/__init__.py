"""What every dialect is built from: declared routes, strict reading, an error table, a log line, a document.

A dialect declares its routes (`route`), says who may ask (`auth`), how the kinds of refusal read in its own
words (`faults` and the engine's errors go into one total function), and `app.build` makes one small Flask
app of it that knows nothing of where it is mounted. Nothing here knows any vendor's words.
"""
