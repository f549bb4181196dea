/// The words behind signs and shortened forms.
enum NormalizerTables {
  static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
  ]
  static let shortMonths: [String: Int] = [
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11,
    "dec": 12,
  ]
  static let weekdays: [String: String] = [
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday", "thur": "thursday",
    "thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
  ]
  static let signs: [String: String] = [
    "&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "#": "hash", "/": "slash", "*": "asterisk",
    "<": "less than", ">": "greater than", "≤": "less than or equal to", "≥": "greater than or equal to",
    "≠": "is not equal to", "≈": "is approximately equal to", "→": "to", "∞": "infinity", "π": "pi", "★": "star",
    "‰": "per mille", "$": "dollar", "£": "pound", "€": "euro", "¥": "yen", "°": "degrees",
    "×": "times", "÷": "divided by", "±": "plus or minus", "√": "square root of", "^": "caret", "~": "tilde",
    "_": "underscore", "\\": "backslash", "|": "bar", "©": "copyright", "®": "registered", "™": "trademark",
    "§": "section", "²": "squared", "³": "cubed", "¢": "cents", "µ": "micro", "₹": "rupees",
  ]
  /// With a full stop after them, whose stop is swallowed.
  static let abbreviations: [String: String] = [
    "mr": "mister", "mrs": "missus", "ms": "miz", "prof": "professor", "rev": "reverend", "gen": "general",
    "col": "colonel", "capt": "captain", "lt": "lieutenant", "sgt": "sergeant", "maj": "major", "gov": "governor",
    "sen": "senator", "rep": "representative", "pres": "president", "hon": "honorable", "jr": "junior", "sr": "senior",
    "etc": "et cetera", "vs": "versus", "approx": "approximately", "dept": "department", "est": "established",
    "vol": "volume", "fig": "figure", "ave": "avenue", "blvd": "boulevard", "rd": "road", "hwy": "highway",
    "expy": "expressway", "pkwy": "parkway", "mt": "mount", "ft": "fort", "inc": "incorporated", "corp": "corporation",
    "ltd": "limited", "co": "company", "bros": "brothers", "assn": "association", "univ": "university",
    "esq": "esquire",
    "messrs": "messieurs", "supt": "superintendent", "cmdr": "commander", "adm": "admiral", "cf": "compare",
  ]
  /// With a full stop before a number.
  static let counted: [String: String] = [
    "no": "number", "nos": "numbers", "p": "page", "pp": "pages", "ch": "chapter", "chap": "chapter", "sec": "section",
    "sect": "section", "eq": "equation", "fig": "figure", "figs": "figures", "vol": "volume", "vols": "volumes",
    "art": "article", "pt": "part", "bk": "book", "ver": "version", "ca": "circa", "c": "circa", "max": "maximum",
    "min": "minimum", "ex": "example", "ref": "reference", "par": "paragraph", "app": "appendix", "para": "paragraph",
    "tel": "telephone", "ext": "extension",
  ]
  /// Without a full stop too.
  static let shortened: [String: String] = [
    "mr": "mister", "mrs": "missus", "vs": "versus", "etc": "et cetera", "hwy": "highway", "blvd": "boulevard",
    "expy": "expressway", "pkwy": "parkway", "gov't": "government", "govt": "government", "int'l": "international",
    "intl": "international", "nat'l": "national", "dep't": "department", "dept": "department",
    "approx": "approximately",
    "bldg": "building", "rte": "route", "messrs": "messieurs", "wwi": "world war one", "wwii": "world war two",
    "ctrl": "control", "phd": "P H D", "phds": "P H D's",
  ]
  /// Before a name with a capital, without a full stop.
  static let titles: [String: String] = [
    "dr": "doctor", "prof": "professor", "sgt": "sergeant", "capt": "captain", "gov": "governor", "lt": "lieutenant",
    "maj": "major", "rev": "reverend",
  ]
  /// Written small yet spelled.
  static let spelled: Set<String> = [
    "tv", "dvd", "cd", "pc", "usb", "gps", "pdf", "html", "faq", "ceo", "diy", "hdmi", "sms", "sql", "xml", "asap",
    "fyi",
    "iso", "http", "https", "cpu", "gpu", "ssd", "atm", "rsvp", "aka", "ios", "tvs", "pcs", "cds", "dvds",
  ]
  /// Pieces around a slash that have a reading of their own.
  static let slashed: [String: String] = [
    "w/o": "without", "c/o": "care of", "n/a": "N A", "a/c": "A C", "s/he": "she or he", "24/7": "twenty four seven",
    "9/11": "nine eleven", "and/or": "and or", "i/o": "I O", "tcp/ip": "T C P I P", "p/e": "P E",
    "km/h": "kilometers per hour",
    "he/she": "he or she", "his/her": "his or her", "him/her": "him or her",
  ]
  static let streets: [String: String] = [
    "st": "street", "dr": "drive", "ave": "avenue", "av": "avenue", "rd": "road", "ct": "court", "ln": "lane",
    "blvd": "boulevard", "hwy": "highway", "expy": "expressway", "pl": "place", "sq": "square", "pkwy": "parkway",
    "ter": "terrace", "terr": "terrace", "cir": "circle", "trl": "trail", "tr": "trail", "plz": "plaza",
    "fwy": "freeway", "tpke": "turnpike", "aly": "alley", "xing": "crossing", "cres": "crescent", "hts": "heights",
    "byp": "bypass", "rte": "route", "brg": "bridge", "grv": "grove", "pt": "point", "cv": "cove", "rdg": "ridge",
  ]
  static let streetNames: Set<String> = [
    "street", "drive", "avenue", "road", "court", "lane", "boulevard", "highway", "expressway", "place", "square",
    "parkway", "terrace", "circle", "trail", "plaza", "freeway", "turnpike", "alley", "crossing", "crescent", "way",
    "loop", "row", "grove",
  ]
  /// Parts of a building, before their number.
  static let rooms: [String: String] = [
    "apt": "apartment", "ste": "suite", "bldg": "building", "rm": "room", "fl": "floor", "flr": "floor", "unit": "unit",
    "suite": "suite", "apartment": "apartment", "room": "room", "dept": "department",
  ]
  static let directions = [
    "n": "north", "s": "south", "e": "east", "w": "west", "ne": "northeast", "nw": "northwest", "se": "southeast",
    "sw": "southwest",
  ]
  static let states: [String: String] = [
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado",
    "CT": "connecticut", "DE": "delaware", "FL": "florida", "GA": "georgia", "HI": "hawaii", "ID": "idaho",
    "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas", "KY": "kentucky", "LA": "louisiana", "ME": "maine",
    "MD": "maryland", "MA": "massachusetts", "MI": "michigan", "MN": "minnesota", "MS": "mississippi", "MO": "missouri",
    "MT": "montana", "NE": "nebraska", "NV": "nevada", "NH": "new hampshire", "NJ": "new jersey", "NM": "new mexico",
    "NY": "new york", "NC": "north carolina", "ND": "north dakota", "OH": "ohio", "OK": "oklahoma", "OR": "oregon",
    "PA": "pennsylvania", "RI": "rhode island", "SC": "south carolina", "SD": "south dakota", "TN": "tennessee",
    "TX": "texas", "UT": "utah", "VT": "vermont", "VA": "virginia", "WA": "washington", "WV": "west virginia",
    "WI": "wisconsin", "WY": "wyoming",
  ]
  /// Words before a Roman numeral that is read as a plain number.
  static let countedBefore: Set<String> = [
    "chapter", "part", "volume", "section", "act", "scene", "book", "type", "class", "phase", "stage", "article",
    "appendix", "table", "figure", "war", "bowl", "level", "grade", "title", "lesson", "mark", "world", "vol", "ch",
    "no", "sec", "art", "pt", "number", "unit", "round", "episode", "season", "step",
    "tier", "category", "schedule", "exhibit", "plate", "day", "week", "game", "division", "group",
  ]
  /// Last labels of internet names that are read as words.
  static let spokenDomains: Set<String> = ["com", "org", "net", "edu", "gov", "info", "mil", "dev", "app", "shop"]
  /// Ends of file names.
  static let fileEndings: Set<String> = [
    "txt", "md", "pdf", "doc", "docx", "xls", "xlsx", "csv", "json", "xml", "html", "htm", "css", "js", "ts", "py",
    "swift", "java", "sh", "exe", "zip", "tar", "gz", "jpg", "jpeg", "png", "gif", "svg", "mp3", "mp4", "wav", "flac",
    "ogg", "avi", "mov", "ppt", "pptx", "log", "ini", "yaml", "yml", "toml", "cpp", "dll", "iso", "bak",
  ]
  /// Words of running text after a stop whose blank was forgotten: no end of an internet name.
  static let noDomains: Set<String> = [
    "the", "and", "but", "was", "for", "not", "you", "his", "her", "all", "can", "she", "he", "we", "if", "or", "of",
    "on", "then", "an", "a", "i", "by", "they", "this", "that",
  ]
}
