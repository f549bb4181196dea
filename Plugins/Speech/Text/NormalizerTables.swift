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
  /// Sign: one, several, one hundredth, several hundredths.
  static let currencies: [String: (one: String, many: String, cent: String, cents: String)] = [
    "$": ("dollar", "dollars", "cent", "cents"), "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"), "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"), "¢": ("cent", "cents", "cent", "cents"),
  ]
  static let currencyCodes: [String: (one: String, many: String)] = [
    "USD": ("U S dollar", "U S dollars"), "EUR": ("euro", "euros"), "GBP": ("pound", "pounds"), "JPY": ("yen", "yen"),
    "CHF": ("swiss franc", "swiss francs"), "CAD": ("canadian dollar", "canadian dollars"),
    "AUD": ("australian dollar", "australian dollars"), "CNY": ("yuan", "yuan"), "INR": ("rupee", "rupees"),
  ]
  static let magnitudes: [String: String] = [
    "hundred": "hundred", "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion",
  ]
  static let shortMagnitudes: [String: String] = [
    "k": "thousand", "m": "million", "mn": "million", "mm": "million", "b": "billion", "bn": "billion", "t": "trillion",
  ]
  /// Unit: one and several; where the plural is regular only one is written. Keys keep their case where it matters.
  static let units: [String: String] = [
    "mm": "millimeter", "cm": "centimeter", "m": "meter", "km": "kilometer", "nm": "nanometer", "in": "inch",
    "ft": "foot", "yd": "yard", "mi": "mile", "mg": "milligram", "g": "gram", "kg": "kilogram", "lb": "pound",
    "lbs": "pound", "oz": "ounce", "ml": "milliliter", "l": "liter", "cl": "centiliter", "gal": "gallon",
    "s": "second", "sec": "second", "ms": "millisecond", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour",
    "hrs": "hour", "hz": "hertz", "khz": "kilohertz", "mhz": "megahertz", "ghz": "gigahertz", "kb": "kilobyte",
    "mb": "megabyte", "gb": "gigabyte", "tb": "terabyte", "w": "watt", "kw": "kilowatt", "mw": "megawatt",
    "kwh": "kilowatt hour", "v": "volt", "kv": "kilovolt", "a": "ampere", "ma": "milliampere", "j": "joule",
    "kj": "kilojoule", "cal": "calorie", "kcal": "kilocalorie", "pa": "pascal", "kpa": "kilopascal",
    "hpa": "hectopascal",
    "db": "decibel", "mph": "mile per hour", "kmh": "kilometer per hour", "kph": "kilometer per hour",
    "kbps": "kilobit per second", "mbps": "megabit per second", "gbps": "gigabit per second",
    "rpm": "revolution per minute",
    "px": "pixel", "fps": "frame per second", "ha": "hectare", "n": "newton", "sq": "square", "cc": "C C",
    "pt": "point",
  ]
  /// Units that are also words or letters: only right after the digits, without a blank.
  static let gluedUnits: Set<String> = [
    "in", "a", "s", "n", "v", "j", "w", "l", "h", "sq", "pt", "cal", "m", "g", "pa",
  ]
  static let signs: [String: String] = [
    "&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "#": "hash", "/": "slash", "*": "asterisk",
    "<": "less than", ">": "greater than", "$": "dollar", "£": "pound", "€": "euro", "¥": "yen", "°": "degrees",
    "×": "times", "÷": "divided by", "±": "plus or minus", "√": "square root of", "^": "caret", "~": "tilde",
    "_": "underscore", "\\": "backslash", "|": "bar", "©": "copyright", "®": "registered", "™": "trademark",
    "§": "section", "½": "one half", "¼": "one quarter", "¾": "three quarters", "²": "squared", "³": "cubed",
    "¢": "cents",
    "µ": "micro", "₹": "rupees",
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
  /// Without a full stop too.
  static let shortened: [String: String] = [
    "mr": "mister", "mrs": "missus", "vs": "versus", "etc": "et cetera", "hwy": "highway", "blvd": "boulevard",
    "expy": "expressway", "pkwy": "parkway",
  ]
  static let streets: [String: String] = [
    "st": "street", "dr": "drive", "ave": "avenue", "rd": "road", "ct": "court", "ln": "lane", "blvd": "boulevard",
    "hwy": "highway", "expy": "expressway", "pl": "place", "sq": "square", "pkwy": "parkway",
  ]
  static let directions = ["n": "north", "s": "south", "e": "east", "w": "west"]
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
    "appendix", "table", "figure", "war", "bowl", "level", "grade", "title", "lesson", "mark", "world",
  ]
  /// Last labels of internet names that are read as words.
  static let spokenDomains: Set<String> = ["com", "org", "net", "edu", "gov", "info", "mil", "dev", "app", "shop"]
}
