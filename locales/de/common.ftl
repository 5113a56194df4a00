common-yes = Ja
common-no = Nein
