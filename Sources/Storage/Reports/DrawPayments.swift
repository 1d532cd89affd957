// Releasing an owner's draw for payment: worked out again in the transaction that writes it down.
import Domain
import Reports

/// What is asked to be paid to an owner.
public struct DrawPaymentRequest: Sendable, Hashable {
  /// The month whose draw it is.
  public var month: CalendarMonth
  /// The property's number in the ledger of the moment: Buildium's number, or the store's id.
  public var property: String
  /// The owner's, in the same terms.
  public var owner: String
  /// How much; more than zero.
  public var amount: Money
  /// Tells two payments of one draw apart: a check's number.
  public var reference = ""
  /// A second person who answers for paying more than the draw, with the reason; nil for nobody.
  public var override: (second: String, reason: String)?

  /// A request.
  public init(month: CalendarMonth, property: String, owner: String, amount: Money) {
    (self.month, self.property, self.owner, self.amount) = (month, property, owner, amount)
  }

  /// Whether both ask for the same.
  public static func == (left: DrawPaymentRequest, right: DrawPaymentRequest) -> Bool {
    (left.month, left.property, left.owner, left.amount, left.reference)
      == (right.month, right.property, right.owner, right.amount, right.reference)
      && left.override?.second == right.override?.second
      && left.override?.reason == right.override?.reason
  }

  /// As ``==(_:_:)``.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(month)
    hasher.combine(property)
    hasher.combine(owner)
    hasher.combine(amount)
    hasher.combine(reference)
  }
}

/// What came of a request.
public enum DrawPaymentOutcome: Sendable, Hashable {
  /// It was released; what of the draw is left after it.
  case released(left: Money)
  /// The same was released before; nothing was done.
  case known
  /// A rule forbids it; in words.
  case refused(String)
}

extension Store {
  /// Releases an owner's draw for payment. Everything it rests on is worked out again in this
  /// transaction, so that a figure on somebody's screen is never paid after the books changed.
  ///
  /// The month must be final. More than what is left of the draw needs a second person and a reason;
  /// no more than the owner's cash is ever released, so tenants' deposits and prepaid rent stay.
  ///
  /// - Parameter today: the day whose cash counts.
  public func releaseDraw(
    _ request: DrawPaymentRequest, today: CalendarDate, actor: String
  ) throws(StorageError) -> DrawPaymentOutcome {
    try write { transaction throws(StorageError) in
      try DrawReleaser(transaction: transaction).release(request, today: today, actor: actor)
    }
  }
}

private struct DrawReleaser {
  let transaction: Transaction

  private var connection: Connection { transaction.connection }

  func release(
    _ request: DrawPaymentRequest, today: CalendarDate, actor: String
  ) throws(StorageError) -> DrawPaymentOutcome {
    guard request.amount > .zero else { return .refused("An amount above zero is paid.") }
    let books = try Store.monthBooks(connection)
    let ledger = books.ledger
    guard let property = ledger.property(request.property) else {
      return .refused("There is no property \(request.property).")
    }
    guard let owner = ledger.owner(request.owner) else {
      return .refused("There is no owner \(request.owner).")
    }
    let rows = books.draws.rows(months: request.month...request.month, properties: [property])
    guard !rows.isEmpty, rows.allSatisfy(\.isDeclared) else {
      return .refused("\(request.month) is not final, so its draws are not declared yet.")
    }
    let (propertyID, ownerID) = (
      ledger.properties[property].localID, ledger.owners[owner].localID
    )
    let hash = Store.hash(rows.map { $0.inputs(ledger) }.joined(separator: "\n"))
    if try isKnown(request, propertyID, ownerID, hash) { return .known }
    let draw = rows.flatMap(\.owners).filter { $0.owner == owner }
      .reduce(Money.zero) { $0 + $1.amount }
    let left = draw - (try released(propertyID, ownerID, month: request.month))
    if request.amount > left {
      guard let override = request.override else {
        return .refused(
          "\(ledger.owners[owner].name) has a draw of \(draw) for \(request.month), of which "
            + "\(max(.zero, left)) is left; a second person and a reason are needed for more.")
      }
      if override.second == actor { return .refused("The second person is somebody else.") }
      if override.reason.isEmpty { return .refused("More than the draw needs a reason.") }
    }
    // What was released and not seen in the books yet is gone all the same.
    let cash = ledger.cashPosition(property: property, on: today)
    let waiting = max(.zero, try released(propertyID) - cash.ownerDrawsPaid)
    let most = max(.zero, cash.unrestricted - waiting)
    if request.amount > most {
      return .refused(
        "\(ledger.properties[property].name) has \(most) of its owners' cash on \(today); the rest "
          + "is tenants' deposits, prepaid rent or released already.")
    }
    try write(request, propertyID, ownerID, hash, isOver: request.amount > left, actor: actor)
    return .released(left: left - request.amount)
  }

  private func isKnown(
    _ request: DrawPaymentRequest, _ property: LocalID, _ owner: LocalID, _ hash: String
  ) throws(StorageError) -> Bool {
    try connection.row(
      """
      SELECT 1 FROM draw_payments WHERE month = $1 AND property_id = $2 AND owner_id = $3
        AND inputs_hash = $4 AND reference = $5
      """, .text(request.month.description), .local(property), .local(owner), .text(hash),
      .text(request.reference)
    ) { _ throws(StorageError) in true } ?? false
  }

  private func released(
    _ property: LocalID, _ owner: LocalID? = nil, month: CalendarMonth? = nil
  ) throws(StorageError) -> Money {
    try connection.row(
      """
      SELECT COALESCE(SUM(amount), 0) FROM draw_payments
      WHERE property_id = $1 AND ($2 IS NULL OR owner_id = $2) AND ($3 IS NULL OR month = $3)
      """, .local(property), owner.map { .local($0) }, month.map { .text($0.description) }
    ) { row throws(StorageError) in row.money(0) } ?? .zero
  }

  private func write(
    _ request: DrawPaymentRequest, _ property: LocalID, _ owner: LocalID, _ hash: String,
    isOver: Bool, actor: String
  ) throws(StorageError) {
    let override = isOver ? request.override : nil
    try connection.run(
      """
      INSERT INTO draw_payments (id, month, property_id, owner_id, amount, inputs_hash, reference,
        released_by, second_person, reason, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      """, .local(LocalIDs.new(at: transaction.now)), .text(request.month.description),
      .local(property), .local(owner), .money(request.amount), .text(hash),
      .text(request.reference), .text(actor), .optional(override?.second),
      .optional(override?.reason), .instant(transaction.now))
    transaction.note(.settings)
  }
}
