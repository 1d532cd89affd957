/// One line of a recorded session: what a person did, or what the screen showed before. Lines are text
/// that people can read, write and send with a report.
///
/// ```
/// at 1795261000123
/// picture 8d1f2c3b4a596871
/// 5
/// Enter
/// paste "oak\u{A}"
/// mouse press 6 10
/// size 100x30
/// ```
public enum SessionStep: Sendable, Hashable {
  case key(Key)
  case paste(String)
  case mouse(Mouse)
  case size(Size)
  /// The moment by which the picture that follows was drawn, in milliseconds since 1970.
  case moment(Int64)
  /// The fingerprint of the picture that was shown; see ``Frame/fingerprint``.
  case picture(UInt64)
}

extension SessionStep: LosslessStringConvertible {
  private static let mouseNames: [(Mouse.What, String)] = [
    (.press, "press"), (.wheelUp, "wheel-up"), (.wheelDown, "wheel-down"),
  ]

  /// The line, without its end.
  public var description: String {
    switch self {
    case .key(let key): return key.description
    case .paste(let text): return "paste \"\(Self.escaped(text))\""
    case .mouse(let mouse):
      let name = Self.mouseNames.first { $0.0 == mouse.what }?.1 ?? ""
      return "mouse \(name) \(mouse.row) \(mouse.column)"
    case .size(let size): return "size \(size)"
    case .moment(let milliseconds): return "at \(milliseconds)"
    case .picture(let number):
      let digits = String(number, radix: 16)
      return "picture " + String(repeating: "0", count: 16 - digits.count) + digits
    }
  }

  /// Reads a line as ``description`` writes it; nil for any other.
  public init?(_ line: String) {
    // A single key may be a space or a letter that begins another line's word.
    if let key = Key(line) {
      self = .key(key)
      return
    }
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else { return nil }
    let rest = words[1]
    switch words[0] {
    case "paste":
      guard rest.count >= 2, rest.hasPrefix("\""), rest.hasSuffix("\""),
        let text = Self.unescaped(rest.dropFirst().dropLast())
      else { return nil }
      self = .paste(text)
    case "mouse":
      let parts = rest.split(separator: " ").map(String.init)
      guard parts.count == 3, let row = Int(parts[1]), let column = Int(parts[2]),
        let what = Self.mouseNames.first(where: { $0.1 == parts[0] })?.0
      else { return nil }
      self = .mouse(Mouse(what, row: row, column: column))
    case "size":
      let numbers = rest.split(separator: "x").map { Int($0) }
      guard numbers.count == 2, let columns = numbers[0], let rows = numbers[1] else { return nil }
      self = .size(Size(rows: rows, columns: columns))
    case "at":
      guard let milliseconds = Int64(rest) else { return nil }
      self = .moment(milliseconds)
    case "picture":
      guard let number = UInt64(rest, radix: 16) else { return nil }
      self = .picture(number)
    default: return nil
    }
  }

  /// Signs that would end the line or the text, and all that cannot be seen, by their numbers.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isPlain = scalar.value >= 0x20 && scalar.value < 0x7F && scalar != "\"" && scalar != "\\"
      if isPlain || (scalar.value > 0x9F && scalar.properties.isAlphabetic) {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      }
    }
    return result
  }

  private static func unescaped(_ text: Substring) -> String? {
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
      guard scalar == "\\" else {
        result.append(scalar)
        rest = rest.dropFirst()
        continue
      }
      guard rest.dropFirst().prefix(2).elementsEqual("u{".unicodeScalars),
        let end = rest.firstIndex(of: "}"),
        let value = UInt32(String(String.UnicodeScalarView(rest[..<end].dropFirst(3))), radix: 16),
        let named = Unicode.Scalar(value)
      else { return nil }
      result.append(named)
      rest = rest[rest.index(after: end)...]
    }
    return String(result)
  }
}

extension Frame {
  /// A number that stands for the picture's text and size: FNV-1a with 64 bits. It tells whether two
  /// pictures are the same and nothing of what they say.
  public var fingerprint: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "\(size)\n\(text)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }
}
