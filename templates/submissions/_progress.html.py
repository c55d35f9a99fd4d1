BBBB BBBBXXXX XXXXXXXXXXXXX XXXXXXXXBBB BBBBBBBBBBBBBBBBBBBBBBBBBB BBBBBBBBBXXXXXXX XXXXXXXXXXXXXXXXX XXX XXXXXXXXXXXXXXXXXXXX
XX XXXXXXXXXXXXXXBB BBBB gettext(u'Nothing has begun to read it yet; there may be much to do. You can wait, or type the event.') BBBB BBBBBBBBBBB gettext(u'The page is there and is being read.') BBBB BBBBBBBBBBBBBB gettext(u'The page is being asked for.') BBBB gettext(u'It is about to be read.') BBBBBXXXX
XXXXXX
