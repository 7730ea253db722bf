"""Invented names, places and offences for the demonstration. Nobody here exists."""

GIVEN_F = (
    "Siân", "Megan", "Cerys", "Carys", "Rhiannon", "Angharad", "Bethan", "Ffion", "Lowri", "Nia", "Elin",
    "Gwen", "Catrin", "Eleri", "Mair", "Olivia", "Amelia", "Emily", "Jessica", "Sarah", "Laura", "Claire",
    "Lisa", "Karen", "Susan", "Margaret", "Joan", "Aisha", "Fatima", "Zainab", "Priya", "Simran",
    "Agnieszka", "Elena", "Ngozi", "Abena", "Mei", "Chloé", "Zoë", "Heledd",
)  # fmt: skip
GIVEN_M = (
    "Dafydd", "David", "Rhys", "Gareth", "Gwilym", "Iwan", "Owain", "Huw", "Ieuan", "Llŷr", "Emyr",
    "Geraint", "Tomos", "Steffan", "Dylan", "Aled", "Oliver", "Jack", "Harry", "George", "Mark", "Paul",
    "Andrew", "Stephen", "Kevin", "Brian", "Peter", "Mohammed", "Imran", "Tariq", "Harpreet", "Rajesh",
    "Piotr", "Tomasz", "Andrei", "Kwame", "Wei", "José", "François", "Siôn",
)  # fmt: skip
SURNAMES = (
    "Jones", "Williams", "Davies", "Evans", "Thomas", "Roberts", "Lewis", "Hughes", "Morgan", "Griffiths",
    "Edwards", "Owen", "James", "Rees", "Price", "Morris", "Phillips", "Powell", "Jenkins", "Parry",
    "Lloyd", "Harris", "Watkins", "Richards", "Howells", "Bevan", "Pritchard", "Llewellyn", "Llywelyn",
    "Prosser", "Smith", "Brown", "Taylor", "Wilson", "Clarke", "Walker", "White", "Green", "Hall", "Wood",
    "Begum", "Khan", "Ahmed", "Hussain", "Ali", "Patel", "Singh", "Kaur", "Nowak", "Kowalska", "Ionescu",
    "Okafor", "Mensah", "Nguyen", "Chen", "O'Brien", "O'Connor", "McCarthy", "Fitzgerald", "Pugh",
    "Probert", "Vaughan", "Tudor", "Gwynne", "Ellis", "Bowen", "Meredith",
)  # fmt: skip
STREETS = (
    "Commercial Street", "Heol y Deri", "Bryn Road", "Caerleon Road", "Ffordd yr Orsaf", "Chepstow Road", "High Street",
    "Tŷ Gwyn Close", "Station Terrace", "Oak Avenue", "Queen's Hill", "Lôn Las", "Mill Lane", "Victoria Place",
)  # fmt: skip
# Town, local authority, policing area, outward codes, wards, weight.
PLACES = (
    (
        "Newport",
        "Newport",
        "West",
        ("NP10", "NP19", "NP20"),
        ("Pillgwenlly", "Alway", "Ringland", "Stow Hill"),
        32,
    ),
    ("Cwmbran", "Torfaen", "East", ("NP44",), ("Fairwater", "Llantarnam"), 10),
    ("Pontypool", "Torfaen", "East", ("NP4",), ("Trevethin", "Panteg"), 7),
    ("Blackwood", "Caerphilly", "West", ("NP12",), ("Blackwood", "Pengam"), 8),
    ("Caerphilly", "Caerphilly", "West", ("CF83",), ("St Martins", "Penyrheol"), 11),
    ("Ebbw Vale", "Blaenau Gwent", "East", ("NP23",), ("Rassau", "Cwm"), 6),
    ("Tredegar", "Blaenau Gwent", "East", ("NP22",), ("Sirhowy", "Georgetown"), 5),
    ("Abergavenny", "Monmouthshire", "East", ("NP7",), ("Grofield", "Mardy"), 6),
    ("Chepstow", "Monmouthshire", "East", ("NP16",), ("St Christophers", "Thornwell"), 5),
)
TEAMS = (
    "Response Newport Central", "Response Blackwood", "Response Cwmbran", "Response Ebbw Vale", "CID West", "CID East",
    "Public Protection Unit", "Neighbourhood Caerphilly",
)  # fmt: skip
# Home Office class, title, CJS code, weight, flags, is serious, how often the suspect is known to the victim.
OFFENCES = (
    ("105A", "Assault without injury", "CJ88001", 13, "", False, 0.45),
    ("8N", "Assault occasioning actual bodily harm", "OF61102", 9, "", False, 0.45),
    ("5D", "Wounding with intent", "OF61016", 1, "", True, 0.4),
    ("8L", "Harassment", "PH97003", 6, "", False, 0.6),
    ("8Q", "Stalking", "PH97010", 3, "STALKING", True, 0.8),
    ("8R", "Malicious communications", "OS23002", 7, "CYBER", False, 0.5),
    ("8U", "Controlling or coercive behaviour", "SC15004", 2, "DA", True, 1.0),
    ("3B", "Threats to kill", "OF61014", 1.5, "", True, 0.6),
    ("20A", "Sexual assault on a female aged 13 or over", "SX03007", 1.6, "RASSO", True, 0.4),
    ("34B", "Robbery of personal property", "TH68023", 1, "", True, 0.05),
    ("28E", "Burglary in a dwelling", "TH68036", 6, "", False, 0.05),
    ("39", "Theft from the person", "TH68001", 2, "", False, 0.0),
    ("45", "Theft from a vehicle", "TH68001", 6, "", False, 0.0),
    ("48", "Theft of a motor vehicle", "TH68013", 3, "", False, 0.0),
    ("49", "Other theft", "TH68001", 10, "", False, 0.05),
    ("58B", "Criminal damage to a dwelling", "CD71039", 6, "", False, 0.25),
    ("58D", "Other criminal damage", "CD71039", 7, "", False, 0.1),
    ("9A", "Public fear, alarm or distress", "CJ88001", 9, "", False, 0.1),
    ("9B", "Racially or religiously aggravated public fear", "CD98067", 1.2, "HATE", True, 0.1),
    ("106", "Modern slavery", "MS15001", 0.2, "MSHT", True, 0.3),
    ("1", "Murder", "COML025", 0.03, "HOMICIDE", True, 0.5),
    ("53C", "Fraud by false representation", "FA06001", 2, "CYBER", False, 0.05),
)
NOTES = (
    "Only between 09:30 and 14:30",
    "Number must be withheld",
    "Ask for the pharmacy",
    "Partner reads the post",
)
