// The month-end run: what a schedule, a command or a person starts to make a month ready.
import Domain
import Providers
import Reports
import Storage
import Sync

extension Workspace {
  /// What a month-end run found.
  struct PreparedMonth {
    /// The checks and where the month stands.
    let state: CloseState
    /// Net operating income (cash) and draws as they are now: preliminary until it is finalised.
    let noi: Money
    let draws: Money
    /// The run in a sentence, as it was told.
    let sentence: String
  }

  /// Makes a month ready: asks Buildium's general ledger, runs every check, works the figures out,
  /// and leaves a message for a person. Nothing is finalised by it, and repeating it is harmless.
  ///
  /// - Throws: a failure of the store. A general ledger that cannot be read is told in the message.
  func prepareMonth(_ month: CalendarMonth, actor: String) throws(Failure) -> PreparedMonth {
    var problem: String?
    do throws(Failure) { try tieOut(month) } catch { problem = error.message }
    let (state, books) = try onStore { store throws(StorageError) in
      (try store.closeState(month), try store.monthBooks())
    }
    let result = MonthResult(month, ledger: books.ledger, draws: books.draws)
    let noi = result.noi.filter { $0.basis == .cash }.reduce(Money.zero) { $0 + $1.figures.noi }
    let draws = result.draws.reduce(Money.zero) { $0 + $1.draw }
    let open = state.gates.filter(\.holdsUp)
    var sentence: String
    if state.state == "final" {
      sentence = "\(month) is final as version \(state.version)."
    } else if open.isEmpty {
      sentence = "\(month) can be finalised: NOI \(noi), draws \(draws)."
    } else {
      sentence =
        "\(month) waits for a person: "
        + open.map { "\($0.gate.kind.title) (\($0.gate.findings.count))" }.joined(separator: "; ")
        + ". So far NOI \(noi), draws \(draws)."
    }
    if let problem { sentence += " The general ledger was not compared: \(problem)" }
    let (text, isOpen) = (sentence, !open.isEmpty)
    try onStore { store throws(StorageError) in
      try store.noteCloseCheck(state, actor: actor)
      try store.append(
        isOpen ? .warning : .info, text,
        hint: "In the screen: NOI & Draws, c. Or `rentbook close --month \(month)`.")
    }
    return PreparedMonth(state: state, noi: noi, draws: draws, sentence: sentence)
  }

  /// Reads a month of Buildium's general ledger, both bases, to be held against what is stored;
  /// without a connection there is nothing to compare with.
  func tieOut(_ month: CalendarMonth) throws(Failure) {
    guard try isConnected(.buildium) else { return }
    let provider = try buildium()
    let accounts = try onStore { store throws(StorageError) in try store.incomeAccountIDs() }
    guard !accounts.isEmpty else { return }
    var movements: [LedgerMovement] = []
    do throws(ProviderError) {
      for basis in Basis.allCases {
        let found = try provider.movements(
          of: accounts, from: month.first, to: month.last, isCash: basis == .cash,
          cancellation: cancellation)
        movements += found.map {
          LedgerMovement(
            basis: basis, propertyID: $0.propertyID, accountID: $0.accountID, amount: $0.amount)
        }
      }
    } catch { throw Failure(error) }
    let found = movements
    try onStore { store throws(StorageError) in try store.keepGeneralLedger(month, found) }
  }
}
