import FoundationEssentials

/// Units of measure and money.
extension NormalizerTables {
  /// Sign: one, several, one hundredth, several hundredths.
  static let currencies: [String: (one: String, many: String, cent: String, cents: String)] = [
    "$": ("dollar", "dollars", "cent", "cents"), "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"), "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"), "¢": ("cent", "cents", "cent", "cents"),
    "₽": ("ruble", "rubles", "kopeck", "kopecks"), "₩": ("won", "won", "jeon", "jeon"),
    "₺": ("lira", "liras", "kurush", "kurush"), "₿": ("bitcoin", "bitcoins", "cent", "cents"),
    "₪": ("shekel", "shekels", "agora", "agorot"), "฿": ("baht", "baht", "satang", "satang"),
    "₫": ("dong", "dong", "xu", "xu"), "₱": ("peso", "pesos", "centavo", "centavos"),
    "₦": ("naira", "naira", "kobo", "kobo"), "₴": ("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
  ]
  /// Letters right before a dollar sign.
  static let dollarNations: [String: String] = [
    "US": "U S", "A": "australian", "C": "canadian", "CA": "canadian", "AU": "australian", "NZ": "new zealand",
    "HK": "hong kong", "S": "singapore", "NT": "taiwan",
  ]
  static let currencyCodes: [String: (one: String, many: String)] = [
    "USD": ("U S dollar", "U S dollars"), "EUR": ("euro", "euros"), "GBP": ("pound", "pounds"), "JPY": ("yen", "yen"),
    "CHF": ("swiss franc", "swiss francs"), "CAD": ("canadian dollar", "canadian dollars"),
    "AUD": ("australian dollar", "australian dollars"), "CNY": ("yuan", "yuan"), "INR": ("rupee", "rupees"),
    "SEK": ("swedish krona", "swedish kronor"), "NOK": ("norwegian krone", "norwegian kroner"),
    "DKK": ("danish krone", "danish kroner"), "PLN": ("zloty", "zlotys"), "CZK": ("czech koruna", "czech korunas"),
    "RUB": ("ruble", "rubles"), "BRL": ("real", "reais"), "MXN": ("mexican peso", "mexican pesos"),
    "KRW": ("won", "won"), "TRY": ("lira", "liras"), "ZAR": ("rand", "rand"), "BTC": ("bitcoin", "bitcoins"),
    "NZD": ("new zealand dollar", "new zealand dollars"), "HKD": ("hong kong dollar", "hong kong dollars"),
    "SGD": ("singapore dollar", "singapore dollars"), "RMB": ("yuan", "yuan"), "Rs": ("rupee", "rupees"),
    "HUF": ("forint", "forints"), "ILS": ("shekel", "shekels"), "THB": ("baht", "baht"), "AED": ("dirham", "dirhams"),
  ]
  static let magnitudes: [String: String] = [
    "hundred": "hundred", "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion",
    "quadrillion": "quadrillion",
  ]
  static let shortMagnitudes: [String: String] = [
    "k": "thousand", "m": "million", "mn": "million", "mm": "million", "mil": "million", "mio": "million",
    "b": "billion", "bn": "billion", "bil": "billion", "t": "trillion", "tn": "trillion",
  ]
  /// What a price is for, after a slash.
  static let periods: [String: String] = [
    "mo": "month", "month": "month", "yr": "year", "year": "year", "d": "day", "day": "day", "hr": "hour",
    "h": "hour", "hour": "hour", "wk": "week", "week": "week", "night": "night", "person": "person", "user": "user",
    "unit": "unit", "min": "minute", "sec": "second", "share": "share", "each": "each", "ton": "ton", "lb": "pound",
    "bbl": "barrel", "head": "head", "seat": "seat", "piece": "piece", "pp": "person",
  ]

  /// Units whose letters mean something else in another case.
  private static let casedUnits: [String: String] = [
    "MW": "megawatt", "mW": "milliwatt", "Mb": "megabit", "Gb": "gigabit", "kb": "kilobit", "MP": "megapixel",
    "Pa": "pascal", "mA": "milliampere", "MA": "megaampere", "mV": "millivolt", "MV": "megavolt", "MJ": "megajoule",
    "mJ": "millijoule", "MN": "meganewton", "Mt": "megaton", "Da": "dalton", "Nm": "newton meter", "PB": "petabyte",
    "EB": "exabyte", "PiB": "pebibyte", "Bq": "becquerel", "Sv": "sievert", "mSv": "millisievert", "Gy": "gray",
    "eV": "electron volt", "keV": "kilo electron volt", "MeV": "mega electron volt", "GeV": "giga electron volt",
    "mol": "mole", "mmol": "millimole", "cd": "candela", "lm": "lumen", "lx": "lux", "Wb": "weber", "mT": "millitesla",
    "Wh": "watt hour", "MWh": "megawatt hour", "GWh": "gigawatt hour", "TWh": "terawatt hour",
  ]
  /// In either case; the plural is made from the name.
  private static let units: [String: String] = [
    "mm": "millimeter", "cm": "centimeter", "dm": "decimeter", "m": "meter", "km": "kilometer", "nm": "nanometer",
    "µm": "micrometer", "in": "inch", "ft": "foot", "yd": "yard", "yds": "yard", "mi": "mile", "nmi": "nautical mile",
    "ly": "light year", "au": "astronomical unit",
    "mg": "milligram", "µg": "microgram", "mcg": "microgram", "g": "gram", "kg": "kilogram", "kgs": "kilogram",
    "lb": "pound", "lbs": "pound", "oz": "ounce", "ct": "carat",
    "ml": "milliliter", "µl": "microliter", "l": "liter", "cl": "centiliter", "dl": "deciliter", "hl": "hectoliter",
    "gal": "gallon", "qt": "quart", "pt": "pint", "tbsp": "tablespoon", "tsp": "teaspoon", "bbl": "barrel",
    "s": "second", "sec": "second", "secs": "second", "ms": "millisecond", "µs": "microsecond", "ns": "nanosecond",
    "min": "minute", "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "wk": "week", "wks": "week",
    "mo": "month", "mos": "month", "yr": "year", "yrs": "year",
    "hz": "hertz", "khz": "kilohertz", "mhz": "megahertz", "ghz": "gigahertz", "thz": "terahertz",
    "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte", "tb": "terabyte", "kib": "kibibyte", "mib": "mebibyte",
    "gib": "gibibyte", "tib": "tebibyte", "bit": "bit", "kbit": "kilobit", "mbit": "megabit", "gbit": "gigabit",
    "w": "watt", "kw": "kilowatt", "mw": "megawatt", "gw": "gigawatt", "tw": "terawatt", "kwh": "kilowatt hour",
    "v": "volt", "kv": "kilovolt", "µv": "microvolt", "a": "ampere", "amp": "amp", "amps": "amp", "ma": "milliampere",
    "µa": "microampere", "mah": "milliampere hour", "ah": "ampere hour", "j": "joule", "kj": "kilojoule",
    "cal": "calorie", "kcal": "kilocalorie", "btu": "B T U", "hp": "horsepower", "n": "newton", "kn": "knot",
    "kpa": "kilopascal", "hpa": "hectopascal", "mpa": "megapascal", "gpa": "gigapascal", "mbar": "millibar",
    "bar": "bar", "atm": "atmosphere", "psi": "pound per square inch", "mmhg": "millimeter of mercury",
    "db": "decibel", "dba": "decibel", "ohm": "ohm", "kohm": "kilohm", "mohm": "megohm", "µf": "microfarad",
    "pf": "picofarad", "nf": "nanofarad",
    "mph": "mile per hour", "kmh": "kilometer per hour", "kph": "kilometer per hour", "mpg": "mile per gallon",
    "kbps": "kilobit per second", "mbps": "megabit per second", "gbps": "gigabit per second", "bps": "bit per second",
    "rpm": "revolution per minute", "bpm": "beat per minute", "fps": "frame per second", "dpi": "dot per inch",
    "ppi": "pixel per inch", "ppm": "part per million", "ppb": "part per billion", "px": "pixel", "ha": "hectare",
    "ac": "acre", "cc": "C C", "pts": "point",
  ]
  /// Units that are also words, letters or other things: only right after the digits, without a blank.
  static let gluedUnits: Set<String> = [
    "in", "a", "s", "n", "v", "j", "w", "l", "h", "pt", "cal", "m", "g", "pa", "ac", "ct", "au", "bar", "mi", "mo",
    "bit", "ma", "ms", "ah", "atm",
  ]

  /// Name of the unit written as `text`.
  static func unit(_ text: String) -> String? { casedUnits[text] ?? units[text.lowercased()] }

  /// Several of a unit: "feet per second".
  static func several(_ name: String) -> String {
    for joint in [" per ", " of "] {
      if let at = name.range(of: joint) { return several(String(name[..<at.lowerBound])) + name[at.lowerBound...] }
    }
    if ["hertz", "horsepower", "C C", "B T U", "lux"].contains(where: name.hasSuffix) { return name }
    if name.hasSuffix("foot") { return name.dropLast(4) + "feet" }
    return NumberWords.plural(name)
  }
}
