import Domain
import Terminal

/// A bill beside one it may be the same as, field by field; the arrows go to the next of them.
struct BillComparison: Layer {
  let bill: BillRow
  let others: [BillRow]
  private var index = 0

  /// - Precondition: there is another bill.
  init(_ bill: BillRow, _ others: [BillRow]) {
    precondition(!others.isEmpty, "a bill is compared with another one")
    (self.bill, self.others) = (bill, others)
  }

  static let bindings: [Binding<BillComparison>] = [
    Binding([.down, .right, .character("n")], .down, "next", "Goes to the next that looks alike."),
    Binding([.up, .left, .character("p")], .up, "previous", "Goes to the one before."),
    Binding([.escape, .enter, .character("q")], .back, "back", "Goes back to the list."),
  ]

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    switch action {
    case .down: index = min(index + 1, others.count - 1)
    case .up: index = max(0, index - 1)
    default: return [.close]
    }
    return []
  }

  /// What is compared: a name, and how a bill shows it.
  private static let fields: [(name: String, text: @Sendable (BillRow) -> String)] = [
    ("Bill", { $0.name }), ("Vendor", { $0.vendor?.name ?? "" }),
    ("Reference", { $0.reference ?? "" }), ("Amount", { Words.money($0.total) }),
    ("Date", { $0.date?.description ?? "" }), ("Due", { $0.dueDate?.description ?? "" }),
    ("Property", { $0.property?.name ?? "several" }), ("GL account", { $0.accounts }),
    ("Memo", { $0.memo ?? "" }),
    ("Approval", { $0.approval.rawValue.replacing("_", with: " ") }),
    ("Payment", { $0.status.rawValue.replacing("_", with: " ") }),
    ("Paid", { Words.money($0.paid + $0.credited) }),
    ("Submitted by", { $0.facts.submittedBy ?? "" }),
    ("Recurring", { $0.isRecurring ? "yes" : "no" }),
  ]
  /// Whether two bills say the same in so many fields decides; these differ in any case.
  private static let ownFields: Set<String> = ["Bill"]

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    let other = others[index]
    let title =
      "Bill \(bill.name) and one it may be the same as"
      + (others.count > 1 ? ": \(index + 1) of \(others.count)" : "")
    frame.put(
      [Piece(title, .heading)], row: area.row, column: area.column + 1, width: area.columns - 1)
    let name = 14
    let width = max(8, (area.columns - name - 6) / 2)
    var same = 0
    for (number, field) in Self.fields.enumerated() {
      let (left, right) = (field.text(bill), field.text(other))
      let isSame = left == right || Self.ownFields.contains(field.name)
      if left == right { same += 1 }
      let row = area.row + 2 + number
      guard row < area.endRow else { break }
      frame.put(
        [
          Piece(isSame ? "  " : "≠ ", .warning),
          Piece(TextWidth.fitted(field.name, to: name), .dim),
          Piece(TextWidth.fitted(left, to: width), isSame ? .text : .heading), Piece("  "),
          Piece(TextWidth.fitted(right, to: width), isSame ? .text : .heading),
        ], row: row, column: area.column + 1, width: area.columns - 1)
    }
    let last = area.row + 3 + Self.fields.count
    guard last < area.endRow else { return }
    frame.put(
      [Piece("\(same) of \(Self.fields.count) are the same; ≠ marks what differs.", .dim)],
      row: last, column: area.column + 1, width: area.columns - 1)
  }
}
