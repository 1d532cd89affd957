/// A formula, read and with its fields found.
indirect enum FormulaNode: Hashable {
  /// Operators between two values.
  enum Operator: String, Hashable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case join = "&"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divide = "/"
  }

  /// What depends on no record.
  case constant(FormulaValue)
  /// The value of a field, by its place in the table.
  case field(Int)
  case call(FormulaFunction, [FormulaNode])
  case binary(Operator, FormulaNode, FormulaNode)
  case negative(FormulaNode)
}

/// The functions that are understood; a formula with any other is refused as invalid.
enum FormulaFunction: String, CaseIterable {
  case and = "AND"
  case or = "OR"
  case not = "NOT"
  case ifElse = "IF"
  case true_ = "TRUE"
  case false_ = "FALSE"
  case blank = "BLANK"
  case recordID = "RECORD_ID"
  case createdTime = "CREATED_TIME"
  case lastModifiedTime = "LAST_MODIFIED_TIME"
  case isAfter = "IS_AFTER"
  case isBefore = "IS_BEFORE"
  case isSame = "IS_SAME"
  case datetimeParse = "DATETIME_PARSE"
  case now = "NOW"
  case today = "TODAY"
  case lower = "LOWER"
  case upper = "UPPER"
  case trim = "TRIM"
  case length = "LEN"
  case find = "FIND"
  case search = "SEARCH"
  case concatenate = "CONCATENATE"

  /// How many arguments it takes.
  var arguments: ClosedRange<Int> {
    switch self {
    case .and, .or, .concatenate: 1...10_000
    case .not, .lower, .upper, .trim, .length: 1...1
    case .ifElse: 2...3
    case .true_, .false_, .blank, .recordID, .createdTime, .now, .today: 0...0
    case .lastModifiedTime: 0...500
    case .isAfter, .isBefore: 2...2
    case .isSame: 2...3
    case .datetimeParse: 1...3
    case .find, .search: 2...3
    }
  }
}
