BBBBBBB BBBBBBBBBBBBBBB BBBB BBBBBB
BBBBB BBBBB gettext(u'One step to go') BBBBBBBB
BBBBB BBBBXXXXX XXXXXXXXXXXXX XXXXXXXXXXXXXXXXXXXXXXX XXXXXXXXXXXXXXXX XXXXXXBBBBBB BBBBBBBBBBBBBBBBBBBXXBBBBBBBB
BBBBB BBBXXXX XXXXXXXXXXX XXXXXXXXXXXXXX gettext(u'One step to go') XXXXX
XX XXXXXXXXXXXXX gettext(u'Look into your mailbox.') XXXXXXXXXXBBBBBBBB
BBBBB BBBB
XXXX XXXXXXXXXXXXX XXXXXXXXXXXXXX
XXX XXXXXXXXXXXXX XXXXXXXXXX gettext(u'What happens next') XXXXX
XXXX
XXXX gettext(u'A mail is on its way to <strong>%(email)s</strong>.') S SSSS SS SS SSS SSS SS SSSSSSSSSSSSSSSSSSSSSSSSSSS  gettext(u'Press the button behind its link within %(days)s days; else all of it is deleted.') SSSSS SSS SSSSSS SSSSSS SSS SSSS SSSSSS SSSSSSSS SSSSS SSSS SSS SS SS SS SSSSSSSSXXXXX
XXXX gettext(u'An editor looks at the event. What becomes of it you hear by mail.') XXXXX
XXXX gettext(u'It is on the list. If somebody else lists it, too, both become one event.') XXXXX
XXXX gettext(u'Keep the mail: its link changes the event, or cancels it.') XXXXX
XXXXX
XXX gettext(u'Nothing there after a few minutes? It may lie with the spam. Whoever sends the same twice within ten minutes gets one mail.') XXXX
XXXXXX
XXXX XXXXXXXXXXXXXXXXX XXXXXXXXXXXXXXXBB BBBBXX XXXXXXXXXXXXXX XXXXXXBBB BBBBBBBBBBBBBBBBBBBBBB BBBBBBBBXX gettext(u'Another one from the same page') XXXX BBBBBXX XXXXXXXXXXXXXX XXXXXXBBB BBBBBBBBBBBBBBBBBXXXXXXXX gettext(u'Add another event') XXXX XX XXXXXXXXXXXXXX XXXXXXXX gettext(u'What is on in %(name)s') SSSS SS SS SS SSSSSSSSXXXXXXXXXXXXXX
BBBBBBBB
