// The mark that makes a created record recognisable: Buildium has no key of our own to store.
import Domain
import Vault

/// Ten characters of Crockford's base 32, 50 random bits, after `~s:` at the end of a memo.
public struct IntentMarker: Sendable, Hashable, CustomStringConvertible {
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
  private static let prefix = "~s:"
  private static let length = 10
  /// How many characters a mark takes in a text, with the space before it.
  public static let room = 1 + prefix.utf8.count + length

  /// The ten characters.
  public let code: String

  /// A new mark.
  public init(_ random: SecureRandom) {
    code = String(
      decoding: random.bytes(Self.length).map { Self.alphabet[Int($0 & 31)] }, as: UTF8.self)
  }

  /// Reads the ten characters, or the whole mark; nil for anything else.
  public init?(_ text: String) {
    let code = text.hasPrefix(Self.prefix) ? text.dropFirst(Self.prefix.count) : text[...]
    guard code.utf8.count == Self.length, code.utf8.allSatisfy(Self.alphabet.contains) else {
      return nil
    }
    self.code = String(code)
  }

  /// `~s:` and the ten characters.
  public var description: String { Self.prefix + code }

  /// A text with the mark at its end; the mark alone when there is no text.
  public func marking(_ text: String?) -> String {
    guard let text, !text.isEmpty else { return description }
    return "\(text) \(self)"
  }

  /// Whether a text carries this mark, wherever somebody moved it to.
  public func stands(in text: String?) -> Bool { text?.contains(description) ?? false }

  /// A text without its mark, and the mark. What people see, compare and copy has none.
  public static func split(_ text: String) -> (text: String, marker: IntentMarker?) {
    var start = text.startIndex
    while let range = text[start...].firstRange(of: prefix) {
      let end = text[range.upperBound...].prefix(length)
      if let marker = IntentMarker(String(end)) {
        var before = text[..<range.lowerBound]
        if before.hasSuffix(" ") { before.removeLast() }
        return (String(before) + text[end.endIndex...], marker)
      }
      start = range.upperBound
    }
    return (text, nil)
  }
}
