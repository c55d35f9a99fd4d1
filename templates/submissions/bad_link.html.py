BBBBBBB BBBBBBBBBBBBBBB BBBB
BBBBB BBBBB gettext(u'This link no longer works') BBBBBBBB
BBBBB BBBBXXXXX XXXXXXXXXXXXX XXXXXXXXXXXXXXXXXXBBBBBBBB
BBBBB BBBXXXX XXXXXXXXXXX XXXXXXXXXXXXXX gettext(u'This link no longer works') XXXXXXXXXXXBBBBBBBB
BBBBB BBBB
XXXX XXXXXXXXXXXXXX
XXXX gettext(u'What to do') XXXXX
XXX XXXXXXXXXXXXXX
XXXX gettext(u'Some mail programs break long links: copy the whole of it into the address line.') XXXXX
XXXX gettext(u'What was not confirmed in seven days is deleted, and links end 90 days after the event.') XXXXX
XXXXBBB BBBBBBBBBBBBBBBBB BB BBBBBB gettext(u'If the event is still to come, <a href="%(submit)s">send it again</a>.') SS SSS SSSSS SS SSSSS SS SSSSS SS SSSSSSSSSSSSSSSSSSSSSS SS SSSSSSSSSSXXXXX
XXXXX
XXXXXX
BBBBBBBB
