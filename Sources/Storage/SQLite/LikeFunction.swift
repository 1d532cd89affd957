// LIKE that knows the small and capital letters of every script. SQLite's own knows those of ASCII,
// so that `élan` did not find “ÉLAN”; PostgreSQL's ILIKE finds it.
import CSQLite

/// What `text LIKE pattern ESCAPE '\'` means on every connection: `%` is any text, `_` any one sign,
/// and letters match in either case. Marks count: `elan` is not `élan`.
enum LikeFunction {
  /// Puts it in the place of SQLite's own, with and without an escape sign.
  static func register(on handle: OpaquePointer) -> Int32 {
    // Nothing in a schema depends on what it says of letters beyond ASCII: it is in no index.
    let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
    for count: Int32 in [2, 3] {
      let code = sqlite3_create_function_v2(
        handle, "like", count, flags, nil,
        { context, count, values in LikeFunction.answer(context, count, values) }, nil, nil, nil)
      guard code == SQLITE_OK else { return code }
    }
    return SQLITE_OK
  }

  private static func answer(
    _ context: OpaquePointer?, _ count: Int32, _ values: UnsafeMutablePointer<OpaquePointer?>?
  ) {
    // `text LIKE pattern` calls like(pattern, text).
    guard let values, let pattern = bytes(values[0]), let text = bytes(values[1]) else { return }
    var escape: UInt8?
    if count == 3 {
      guard let sign = bytes(values[2]), sign.count == 1 else { return }
      escape = sign[0]
    }
    sqlite3_result_int(context, matches(pattern, text, escape: escape) ? 1 : 0)
  }

  /// The text of a value while the call lasts; nil for NULL, which makes the answer NULL.
  private static func bytes(_ value: OpaquePointer?) -> UnsafeBufferPointer<UInt8>? {
    guard let start = sqlite3_value_text(value) else { return nil }
    return UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
  }

  /// Whether a text is as a pattern says, both in UTF-8.
  static func matches(
    _ pattern: UnsafeBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>, escape: UInt8?
  ) -> Bool {
    let (any, one) = (UInt8(ascii: "%"), UInt8(ascii: "_"))
    // No byte of a text in UTF-8 is this one.
    let escape = escape ?? 0xFF
    var (p, t) = (0, 0)
    // Where the pattern goes on after the last `%`, and the text it was tried at: the one place to go
    // back to, since what an earlier `%` took can only be more. Below 0 before the first.
    var (backP, backT) = (-1, 0)
    while t < text.count {
      if p < pattern.count {
        var sign = pattern[p]
        if sign == any {
          p += 1
          guard p < pattern.count else { return true }
          (backP, backT) = (p, start(of: pattern[p], one, escape, in: text, from: t))
          t = backT
          continue
        }
        if sign == one {
          (p, t) = (p + 1, t + length(text, t))
          continue
        }
        let isLiteral = sign == escape && p + 1 < pattern.count
        let next = isLiteral ? p + 1 : p
        sign = pattern[next]
        if sign < 0x80 || text[t] < 0x80 {
          if small(sign) == small(text[t]) {
            (p, t) = (next + 1, t + 1)
            continue
          }
        } else if isSame(scalar(pattern, next), scalar(text, t)) {
          (p, t) = (next + length(pattern, next), t + length(text, t))
          continue
        }
      }
      guard backP >= 0 else { return false }
      backT = start(of: pattern[backP], one, escape, in: text, from: backT + length(text, backT))
      (p, t) = (backP, backT)
    }
    while p < pattern.count, pattern[p] == any { p += 1 }
    return p == pattern.count
  }

  /// The first place from `at` on where what begins with the byte `first` may stand.
  private static func start(
    of first: UInt8, _ one: UInt8, _ escape: UInt8, in text: UnsafeBufferPointer<UInt8>,
    from at: Int
  ) -> Int {
    var at = at
    if first >= 0x80 {
      while at < text.count, text[at] < 0xC0 { at += 1 }
    } else if first != one, first != escape, first != UInt8(ascii: "%") {
      let wanted = small(first)
      while at < text.count, small(text[at]) != wanted { at += 1 }
    }
    return at
  }

  private static func small(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }

  private static func isSame(_ a: UInt32, _ b: UInt32) -> Bool { a == b || small(a) == small(b) }

  /// The small letter of a letter beyond ASCII, where that is one sign.
  private static func small(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    // The letters most names are written in, without a look into the tables of Unicode.
    case 0xC0...0xD6, 0xD8...0xDE, 0x391...0x3A1, 0x3A3...0x3A9, 0x410...0x42F: return scalar + 0x20
    case 0x400...0x40F: return scalar + 0x50
    // A sigma at the end of a word is a sigma.
    case 0x3C2: return 0x3C3
    case 0xDF...0xFF, 0x3AC...0x3CE, 0x430...0x45F, 0x3000...0xA63F, 0xAC00...0xD7FF: return scalar
    default: break
    }
    guard let known = Unicode.Scalar(scalar) else { return scalar }
    let mapping = known.properties.lowercaseMapping.unicodeScalars
    guard let first = mapping.first, mapping.count == 1 else { return scalar }
    return first.value
  }

  /// How many bytes the sign at a place has; never past the end.
  private static func length(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
    let byte = bytes[at]
    let length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    return min(length, bytes.count - at)
  }

  /// The sign at a place; a byte that begins none is one by itself.
  private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32 {
    let byte = bytes[at]
    let length = length(bytes, at)
    guard length > 1 else { return UInt32(byte) }
    var scalar = UInt32(byte) & (0x7F >> UInt32(length))
    for offset in 1..<length { scalar = scalar << 6 | UInt32(bytes[at + offset] & 0x3F) }
    return scalar
  }
}
