"""Everyday Finnish words and names from which the demo's people are put together."""

_FIRST = (
    "Aada Aino Anni Anton Eeli Eero Ella Elina Emil Emma Erik Essi Hanna Heikki Helmi Henri Hilla Ida Iida Ilmari "
    "Inka Jari Joel Johanna Juhani Kaisa Kalle Karoliina Kerttu Konsta Lauri Leena Lotta Maija Marko Martta Mikael "
    "Milla Niilo Nina Oiva Olavi Onni Oona Otto Pauli Pekka Petra Pihla Rasmus Reetta Riikka Roope Saana Sampo Sanni "
    "Santeri Siiri Sofia Taimi Teemu Toivo Tuomas Tuuli Ulla Urho Valtteri Veera Venla Vilho Vilma Ville Väinö Åsa"
)
_LAST = (
    "Aalto Aho Ahonen Björklund Hakala Hakkarainen Harju Heikkinen Hiltunen Holm Huttunen Hyvönen Järvinen Kallio "
    "Karjalainen Ketola Kivelä Kivinen Koivisto Korhonen Koskinen Laakso Laine Lehtinen Leino Lindholm Lindroos Luoma "
    "Manninen Mattila Mäkelä Mäkinen Niemi Nieminen Nurmi Ojala Pajunen Peltola Pitkänen Pulkkinen Rantala Rinne "
    "Ruotsalainen Saarinen Salmi Salonen Seppälä Sjöberg Soininen Suominen Tammi Tuominen Turunen Vainio Vesterinen "
    "Virtanen Väisänen Ylönen Österberg"
)
FIRST_NAMES = tuple(_FIRST.split())
LAST_NAMES = tuple(_LAST.split())
# Nobody could take these for firms: each gets a number, too.
KINDS_OF_FIRM = (
    "Esimerkkikauppa",
    "Mallipaino",
    "Näyteverstas",
    "Koekonepaja",
    "Harjoitustoimisto",
    "Kuvitelmatukku",
    "Satupuutarha",
    "Testileipomo",
)
TITLES = (
    "Ostaja",
    "Toimistosihteeri",
    "Markkinointipäällikkö",
    "Toimitusjohtaja",
    "Projektipäällikkö",
    "Talouspäällikkö",
    "Myyjä",
    "Varastonhoitaja",
    "Viestintäasiantuntija",
    "Yrittäjä",
)
STREETS = ("Esimerkkikatu", "Mallitie", "Näytekuja", "Koepolku", "Harjoitusraitti", "Exempelgränden")
TOWNS = (
    ("00100", "Helsinki"),
    ("02100", "Espoo"),
    ("20100", "Turku"),
    ("22100", "Mariehamn"),
    ("33100", "Tampere"),
    ("40100", "Jyväskylä"),
    ("65100", "Vaasa"),
    ("90100", "Oulu"),
)
PRODUCTS = {
    "ideafix": ("Näyttelyseinä", "Messuosaston suunnittelu", "Roll-up", "Messupöytä", "Kuvaseinän vuokra"),
    "ideafix-visual": ("Suurkuvatuloste", "Ikkunateippaus", "Ajoneuvoteippaus", "Opaste", "Tarrasarja"),
    "ideafix-palvelut": ("Asennustyö", "Varastointi, kuukausi", "Kuljetus ja pystytys", "Purkutyö", "Huoltokäynti"),
    "kinkerips": ("Lahjakortti", "Tapahtumapaketti", "Yrityslahja", "Logotuotteet, erä", "Kangaskassi"),
}
SUBJECTS = ("Toimitusaika", "Lasku", "Yhteystiedot muuttuivat", "Reklamaatio", "Tarjouspyyntö", "Palaute")
MESSAGES = (
    "Hei, milloin tilaus on perillä?",
    "Laskulla on väärä viite, voisitteko tarkistaa?",
    "Puhelinnumeroni on muuttunut, päivittäisittekö sen.",
    "Kaksi kappaletta oli rikki, kun paketti avattiin.",
    "Tarvitsisimme tarjouksen ensi kevään messuille.",
    "Kiitos, kaikki meni hienosti!",
    "Levereras beställningen till samma adress som förra gången?",
)
CALLS = (
    "Soitti toimituksesta; sovittu uusi päivä.",
    "Kysyi laskun eräpäivää; siirretty viikolla.",
    "Pyysi tarjousta; lähetetään sähköpostilla.",
)
INTERESTS = ("Messut", "Opasteet", "Tekstiilit", "Yrityslahjat", "Kestävät materiaalit", "Digitaaliset näytöt")
SEGMENTS = ("Kasvava", "Vakiintunut", "Satunnainen", "Hiipuva")
VOLUMES = ("A", "B", "C")
