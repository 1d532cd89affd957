/// Reads the text of a formula. The weakest operators are comparisons, then `&`, then `+ -`, then
/// `* /`.
struct FormulaParser {
  /// Deeper nesting is refused: threads have small stacks, and people's formulas are flat.
  static let depthMax = 64

  private enum Fault: Error { case invalid }

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private let fields: [AirtableField]
  private var unknown: [String] = []

  /// Reads a whole formula.
  ///
  /// - Throws: the refusal of a formula that cannot be read or names unknown fields.
  static func parse(_ text: String, fields: [AirtableField]) throws(AirtableRefusal) -> FormulaNode
  {
    var parser = FormulaParser(scalars: Array(text.unicodeScalars), fields: fields)
    let invalid = AirtableRefusal.formula("Invalid formula. Please check your formula text.")
    let node: FormulaNode
    do {
      node = try parser.comparison(0)
      parser.skipSpace()
      guard parser.index == parser.scalars.count else { throw Fault.invalid }
    } catch {
      throw invalid
    }
    guard parser.unknown.isEmpty else {
      throw .formula("Unknown field names: \(parser.unknown.joined(separator: ", "))")
    }
    if parser.comparesCheckboxToFalse(node) { throw invalid }
    return node
  }

  private init(scalars: [Unicode.Scalar], fields: [AirtableField]) {
    (self.scalars, self.fields) = (scalars, fields)
  }

  // MARK: - Levels

  private mutating func comparison(_ depth: Int) throws(Fault) -> FormulaNode {
    guard depth < Self.depthMax else { throw .invalid }
    var left = try joined(depth)
    while let symbol = take(["!=", "<=", ">=", "=", "<", ">"]),
      let comparison = FormulaNode.Operator(rawValue: symbol)
    {
      left = .binary(comparison, left, try joined(depth))
    }
    return left
  }

  private mutating func joined(_ depth: Int) throws(Fault) -> FormulaNode {
    var left = try sum(depth)
    while take(["&"]) != nil { left = .binary(.join, left, try sum(depth)) }
    return left
  }

  private mutating func sum(_ depth: Int) throws(Fault) -> FormulaNode {
    var left = try product(depth)
    while let symbol = take(["+", "-"]) {
      left = .binary(symbol == "+" ? .plus : .minus, left, try product(depth))
    }
    return left
  }

  private mutating func product(_ depth: Int) throws(Fault) -> FormulaNode {
    var left = try unary(depth)
    while let symbol = take(["*", "/"]) {
      left = .binary(symbol == "*" ? .times : .divide, left, try unary(depth))
    }
    return left
  }

  private mutating func unary(_ depth: Int) throws(Fault) -> FormulaNode {
    guard depth < Self.depthMax else { throw .invalid }
    if take(["-"]) != nil { return .negative(try unary(depth + 1)) }
    return try primary(depth)
  }

  private mutating func primary(_ depth: Int) throws(Fault) -> FormulaNode {
    skipSpace()
    guard index < scalars.count else { throw .invalid }
    switch scalars[index] {
    case "(":
      index += 1
      let inner = try comparison(depth + 1)
      guard take([")"]) != nil else { throw .invalid }
      return inner
    case "'", "\"": return .constant(.text(try quoted()))
    case "{":
      return try field()
    case "0"..."9", ".": return .constant(.number(try number()))
    default: return try call(depth)
    }
  }

  // MARK: - Pieces

  private mutating func skipSpace() {
    while index < scalars.count, scalars[index].properties.isWhitespace { index += 1 }
  }

  private mutating func take(_ symbols: [String]) -> String? {
    skipSpace()
    for symbol in symbols {
      let wanted = Array(symbol.unicodeScalars)
      if scalars[index...].starts(with: wanted) {
        index += wanted.count
        return symbol
      }
    }
    return nil
  }

  private mutating func quoted() throws(Fault) -> String {
    let quote = scalars[index]
    index += 1
    var text = String.UnicodeScalarView()
    while index < scalars.count, scalars[index] != quote {
      if scalars[index] == "\\", index + 1 < scalars.count {
        index += 1
        switch scalars[index] {
        case "n": text.append("\n")
        case "t": text.append("\t")
        case "r": text.append("\r")
        default: text.append(scalars[index])
        }
      } else {
        text.append(scalars[index])
      }
      index += 1
    }
    guard index < scalars.count else { throw .invalid }
    index += 1
    return String(text)
  }

  private mutating func field() throws(Fault) -> FormulaNode {
    index += 1
    var name = String.UnicodeScalarView()
    while index < scalars.count, scalars[index] != "}" {
      if scalars[index] == "\\", index + 1 < scalars.count { index += 1 }
      name.append(scalars[index])
      index += 1
    }
    guard index < scalars.count, !name.isEmpty else { throw .invalid }
    index += 1
    return found(String(name))
  }

  private mutating func found(_ name: String) -> FormulaNode {
    let slot = fields.firstIndex { !$0.isDeleted && ($0.name == name || $0.id == name) }
    if let slot { return .field(slot) }
    let lower = name.lowercased()
    if !unknown.contains(lower) { unknown.append(lower) }
    return .field(0)
  }

  private mutating func number() throws(Fault) -> Double {
    let start = index
    while index < scalars.count, ("0"..."9").contains(scalars[index]) || scalars[index] == "." {
      index += 1
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[start..<index])
    guard let value = Double(String(text)) else { throw .invalid }
    return value
  }

  /// A function with its arguments, or a field whose name needs no braces.
  private mutating func call(_ depth: Int) throws(Fault) -> FormulaNode {
    var word = String.UnicodeScalarView()
    while index < scalars.count,
      scalars[index].properties.isAlphabetic || scalars[index] == "_"
        || (!word.isEmpty && ("0"..."9").contains(scalars[index]))
    {
      word.append(scalars[index])
      index += 1
    }
    guard !word.isEmpty else { throw .invalid }
    guard take(["("]) != nil else { return found(String(word)) }
    guard let function = FormulaFunction(rawValue: String(word).uppercased()) else {
      throw .invalid
    }
    var arguments: [FormulaNode] = []
    if take([")"]) == nil {
      repeat { arguments.append(try comparison(depth + 1)) } while take([","]) != nil
      guard take([")"]) != nil else { throw .invalid }
    }
    guard function.arguments.contains(arguments.count) else { throw .invalid }
    if function == .lastModifiedTime {
      for argument in arguments {
        guard case .field = argument else { throw .invalid }
      }
    }
    return .reduced(function, arguments)
  }

  /// The service refuses to compare a checkbox with `FALSE()`; unchecked is `NOT({Field})`.
  private func comparesCheckboxToFalse(_ node: FormulaNode) -> Bool {
    func isCheckbox(_ node: FormulaNode) -> Bool {
      if case .field(let slot) = node { fields[slot].type == .checkbox } else { false }
    }
    switch node {
    case .constant, .field: return false
    case .negative(let inner): return comparesCheckboxToFalse(inner)
    case .call(_, let arguments): return arguments.contains(where: comparesCheckboxToFalse)
    case .binary(let symbol, let left, let right):
      if symbol == .equal || symbol == .notEqual {
        let isFalse = FormulaNode.constant(.bool(false))
        if (isCheckbox(left) && right == isFalse) || (isCheckbox(right) && left == isFalse) {
          return true
        }
      }
      return comparesCheckboxToFalse(left) || comparesCheckboxToFalse(right)
    }
  }
}

extension FormulaNode {
  /// A call, or its value when that depends on no record: a date is read once, not per record.
  fileprivate static func reduced(_ function: FormulaFunction, _ arguments: [FormulaNode])
    -> FormulaNode
  {
    switch function {
    case .true_: return .constant(.bool(true))
    case .false_: return .constant(.bool(false))
    case .blank: return .constant(.blank)
    case .datetimeParse:
      guard case .constant(let value) = arguments[0] else { return .call(function, arguments) }
      return .constant(value.asDate.map { .date($0) } ?? .error)
    default: return .call(function, arguments)
    }
  }

  /// Reads a formula over a table's fields.
  ///
  /// - Throws: the refusal of a formula that cannot be read or names unknown fields.
  init(parsing text: String, fields: [AirtableField]) throws(AirtableRefusal) {
    self = try FormulaParser.parse(text, fields: fields)
  }
}
