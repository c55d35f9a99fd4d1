BBBB BBBBBBBBBBBBBB BBB gettext(u'Hello,') 

BBBBBB BBBBBBBBBBBBB BBBBBBB gettext(u'your event on %(day)s in %(name)s was not listed.') SSSS SSSSS SS SSSSSSS SS SSSSSSSS SSS SSS SSSSSSSBBBB BBBBBB gettext(u'your change of “%(title)s” was not taken over; the event stays as it was.') SSSS SSSSSS SS SSSSSSSSSSS SSS SSS SSSSS SSSSS SSS SSSSS SSSSS SS SS SSSSBBBB gettext(u'“%(title)s” is on the list:') SSSSSSSSSSS SS SS SSS SSSSSBBBBBBB BBBBBB

 gettext(u'An editor writes:')  BBBBBBBBBBBBBB
BB BBBBBBBBB BBB BBB BBBBBB

BBBBB
BB BBBBBBB gettext(u'What you sent:') BBBB gettext(u'To change or cancel it:') BBBBB


XX 
 X 
BBBBBBBBBBBBB
