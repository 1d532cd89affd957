// The lines of a bill as a person types them into one text field.
import Domain

/// One line of such a text: `6110 Plumbing, 120.00, kitchen tap`.
public struct BillLineText: Sendable, Hashable {
  /// The account as it was typed: its number, its name, or both.
  public var account: String
  /// The amount.
  public var amount: Money
  /// The rest of the line; nil when there is none.
  public var memo: String?

  /// Longer texts are not read: nobody types so many lines.
  public static let linesMax = 200

  /// Reads a text, one line of a bill per line; empty lines are passed over.
  ///
  /// The parts stand between commas, or between semicolons or tabs where a line has one. The account
  /// ends before the first part that is an amount, so that its name may have a comma, and the memo
  /// may hold anything. `1,250.00` is one amount.
  public static func parse(_ text: String) -> (lines: [BillLineText], problems: [PostingProblem]) {
    var lines: [BillLineText] = []
    var problems: [PostingProblem] = []
    let rows = text.split(whereSeparator: \.isNewline).map(trimmed).filter { !$0.isEmpty }
    for (index, row) in rows.prefix(linesMax).enumerated() {
      if let line = BillLineText(row) {
        lines.append(line)
      } else {
        problems.append(
          PostingProblem(
            "lines", line: index + 1,
            "Line \(index + 1) of Lines, “\(row.prefix(60))”, is not of the form account, amount,"
              + " memo."))
      }
    }
    if rows.count > linesMax {
      problems.append(
        PostingProblem("lines", "Lines has \(rows.count) lines; \(linesMax) can be read."))
    }
    return (lines, problems)
  }

  private init?(_ row: Substring) {
    let separators: [Character] = ["\t", ";"]
    let separator = separators.first { row.contains($0) } ?? ","
    var start = row.startIndex
    while let end = row[start...].firstIndex(of: separator) {
      let account = Self.trimmed(row[..<end])
      start = row.index(after: end)
      guard !account.isEmpty, let (amount, rest) = Self.amount(row[start...], before: separator)
      else { continue }
      let memo = Self.trimmed(rest)
      self.account = String(account)
      self.amount = amount
      self.memo = memo.isEmpty ? nil : String(memo)
      return
    }
    return nil
  }

  /// The amount a text begins with, and what follows the separator behind it. The longest reading
  /// wins, so that the comma of `1,250.00` is no separator.
  private static func amount(
    _ text: Substring, before separator: Character
  ) -> (Money, Substring)? {
    var ends = [text.endIndex]
    for index in text.indices.reversed() where text[index] == separator { ends.append(index) }
    // No amount holds so many separators: 9,999,999.99 has two.
    for end in ends.suffix(3) {
      guard let amount = amount(trimmed(text[..<end])) else { continue }
      return (amount, end == text.endIndex ? text[end...] : text[text.index(after: end)...])
    }
    return nil
  }

  /// `120`, `120.5`, `1,250.00`, `$120.00`, `-5.00`, `(5.00)`; nil for anything else.
  static func amount(_ text: Substring) -> Money? {
    var text = text
    var isNegative = false
    if text.hasPrefix("("), text.hasSuffix(")") {
      (text, isNegative) = (text.dropFirst().dropLast(), true)
    }
    if text.hasPrefix("-") { (text, isNegative) = (text.dropFirst(), !isNegative) }
    if text.hasPrefix("$") { text = text.dropFirst() }
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, parts.count == 1 || (1...2).contains(parts[1].count) else {
      return nil
    }
    let groups = whole.split(separator: ",", omittingEmptySubsequences: false)
    let isGrouped = groups.count > 1
    guard let first = groups.first, !first.isEmpty, !isGrouped || first.count <= 3,
      groups.dropFirst().allSatisfy({ $0.count == 3 }),
      (groups + parts.dropFirst()).allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
      ),
      let amount = Money(groups.joined() + (parts.count > 1 ? "." + parts[1] : ""))
    else { return nil }
    return isNegative ? -amount : amount
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
