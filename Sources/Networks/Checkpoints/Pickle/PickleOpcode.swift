/// The opcodes handled here, by their bytes. Left out: extension codes, persistent ids as text, and
/// out-of-band buffers, none of which torch.save writes.
// swift-format-ignore: OneCasePerLine
enum PickleOpcode: UInt8 {
  case mark = 0x28, stop = 0x2E, pop = 0x30, popMark = 0x31, duplicate = 0x32
  case float = 0x46, int = 0x49, binInt = 0x4A, binInt1 = 0x4B, long = 0x4C, binInt2 = 0x4D
  case none = 0x4E, binPersistentID = 0x51, reduce = 0x52, string = 0x53, binString = 0x54
  case shortBinString = 0x55, unicode = 0x56, binUnicode = 0x58, append = 0x61, build = 0x62
  case global = 0x63, dictionary = 0x64, emptyDictionary = 0x7D, appends = 0x65, get = 0x67
  case binGet = 0x68, instance = 0x69, longBinGet = 0x6A, list = 0x6C, emptyList = 0x5D
  case object = 0x6F, put = 0x70, binPut = 0x71, longBinPut = 0x72, setItem = 0x73, tuple = 0x74
  case emptyTuple = 0x29, setItems = 0x75, binFloat = 0x47
  // Protocol 2
  case proto = 0x80, newObject = 0x81, tuple1 = 0x85, tuple2, tuple3, newTrue, newFalse
  case long1 = 0x8A, long4
  // Protocol 3
  case binBytes = 0x42, shortBinBytes = 0x43
  // Protocols 4 and 5
  case shortBinUnicode = 0x8C, binUnicode8, binBytes8, emptySet, addItems, frozenSet, newObjectEx
  case stackGlobal = 0x93, memoize, frame, byteArray8
}
