BBBB BBBBBBBBBBBBBB BBB gettext(u'Hello,') 

BBBBBB BBBBBBBBBBB gettext(u'Somebody, you we hope, sent %(site_name)s an event on %(day)s in %(name)s and named this address.') SSSSSSSSS SSS SS SSSSS SSSS SSSSSSSSSSSSS SS SSSSS SS SSSSSSS SS SSSSSSSS SSS SSSSS SSSS SSSSSSSS

BB BBBBBBBBBBB gettext(u'If it is yours, open this address and press the button:') BBBB gettext(u'Here you look at it, change or cancel it:') BBBBBBBBBBBBBB



BBBBBB BBBBBBBBBBB gettext(u'Keep this mail: the same link changes the event later, or cancels it.') BB BBBBBBBBBBB  gettext(u'If it was not you, do nothing: nothing is listed, and all of it is deleted after %(days)s days.') SS SS SSS SSS SSSS SS SSSSSSSS SSSSSSS SS SSSSSSS SSS SSS SS SS SS SSSSSSS SSSSS SSSSSSSS SSSSSBBBBBBBBBBBBBB

XX 
 X 
BBBBBBBBBBBBB
