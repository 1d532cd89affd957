import Domain

// Writing the five forms of bank transaction. A PUT replaces the whole of it.
extension BuildiumState {
  private func openBank(_ call: Call) throws(Refusal) -> (bank: BankAccount, day: Day) {
    let bank = try find(portfolio.banks, call.id(0), "bank account")
    if !bank.isActive {
      throw Refusal.unprocessable("bankAccountId", "the bank account is inactive")
    }
    let day = call.body.day("EntryDate") ?? call.today
    try requireOpen(day, "EntryDate")
    return (bank, day)
  }

  private mutating func announceBank(
    _ name: String, _ id: Int32, _ bank: BankAccount, at now: Instant
  ) {
    announce(
      "BankAccount.Transaction.\(name)",
      [
        ("BankAccountId", .int(bank.id)), ("TransactionId", .int(id)),
        ("TransactionType", .optional(portfolio.transactions[id]?.type.rawValue)),
      ], at: now)
  }

  private mutating func answerNew(
    _ id: Int32, _ bank: BankAccount, _ name: String, _ call: Call
  ) throws(Refusal) -> Answer {
    announceBank("Created", id, bank, at: call.now)
    let transaction = try find(portfolio.transactions, id, "transaction")
    return created("/v1/bankaccounts/\(bank.id)/\(name)/\(id)") { writeBank(transaction, &$0) }
  }

  /// Stores a changed transaction whose day, old and new, has been found open.
  private mutating func answerChanged(
    _ changed: LedgerTransaction, _ bank: BankAccount, _ call: Call
  ) -> Answer {
    var changed = changed
    changed.updated = call.now
    let saved = changed
    portfolio.transactions.update(saved.id) { $0 = saved }
    announceBank("Updated", saved.id, bank, at: call.now)
    return object { writeBank(saved, &$0) }
  }

  private func bankLines(_ body: JSONValue) throws(Refusal) -> [EntityAllocation] {
    var result: [EntityAllocation] = []
    for (index, line) in (body.list("Lines") ?? []).enumerated() {
      let key = "Lines[\(index)]"
      let account = try requireAccount(
        line.id("GLAccountId"), key + ".GLAccountId", refusingControl: true)
      guard let amount = line.money("Amount"), amount != .zero else {
        throw Refusal.unprocessable(key + ".Amount", "must not be zero")
      }
      result.append(
        EntityAllocation(
          entity: try requireEntity(line.child("AccountingEntity"), key + ".AccountingEntity"),
          accountId: account.id, amount: amount, memo: line.text("Memo"),
          reference: line.text("ReferenceNumber")))
    }
    return result
  }

  // MARK: Checks

  private func checkBody(
    _ body: JSONValue
  ) throws(Refusal) -> (payee: LedgerTransaction.Payee, lines: [EntityAllocation]) {
    let id = body.child("Payee")?.id("Id") ?? 0
    let payee: LedgerTransaction.Payee
    if body.child("Payee")?.text("Type") == "RentalOwner" {
      guard portfolio.owners.contains(id) else {
        throw Refusal.unprocessable("Payee.Id", "no such rental owner")
      }
      payee = .owner(id)
    } else {
      guard portfolio.vendors.contains(id) else {
        throw Refusal.unprocessable("Payee.Id", "no such vendor")
      }
      payee = .vendor(id)
    }
    let lines = try bankLines(body)
    if lines.reduce(Money.zero, { $0 + $1.amount }) <= .zero {
      throw Refusal.unprocessable("Lines", "the check must come to more than zero")
    }
    return (payee, lines)
  }

  mutating func addCheck(_ call: Call) throws(Refusal) -> Answer {
    let (bank, day) = try openBank(call)
    let (payee, lines) = try checkBody(call.body)
    let id = portfolio.writeCheck(
      to: payee, lines, from: bank, on: day, number: call.body.text("CheckNumber") ?? "",
      memo: call.body.text("Memo"), at: call.now)
    return try answerNew(id, bank, "checks", call)
  }

  mutating func replaceCheck(_ call: Call) throws(Refusal) -> Answer {
    let (bank, day) = try openBank(call)
    var check = try bankTransaction(call, .check)
    try requireOpen(check.day, "EntryDate")
    let (payee, lines) = try checkBody(call.body)
    (check.day, check.memo, check.payee) = (day, call.body.text("Memo"), payee)
    check.checkNumber = call.body.text("CheckNumber") ?? ""
    check.lines = portfolio.bothBases(lines)
    check.total = lines.reduce(.zero) { $0 + $1.amount }
    return answerChanged(check, bank, call)
  }

  // MARK: Deposits

  mutating func addDeposit(_ call: Call) throws(Refusal) -> Answer {
    let (bank, day) = try openBank(call)
    let payments = call.body.ids("PaymentTransactionIds") ?? []
    for (index, id) in payments.enumerated() {
      guard let payment = portfolio.transactions[id], payment.type == .payment,
        payment.depositId == nil, !payments[..<index].contains(id)
      else {
        throw Refusal.unprocessable(
          "PaymentTransactionIds[\(index)]", "is no payment that waits for a deposit")
      }
    }
    let lines = try bankLines(call.body)
    if payments.isEmpty, lines.isEmpty {
      throw Refusal.unprocessable("Lines", "a deposit needs a line or a payment")
    }
    let id = portfolio.deposit(
      payments, lines, to: bank, on: day, memo: call.body.text("Memo"), at: call.now)
    return try answerNew(id, bank, "deposits", call)
  }

  mutating func replaceDeposit(_ call: Call) throws(Refusal) -> Answer {
    let (bank, day) = try openBank(call)
    var deposit = try bankTransaction(call, .deposit)
    try requireOpen(deposit.day, "EntryDate")
    let lines = try bankLines(call.body)
    (deposit.day, deposit.memo) = (day, call.body.text("Memo"))
    deposit.lines = portfolio.credited(lines)
    deposit.total =
      deposit.items.reduce(Money.zero) { $0 + $1.amount }
      + lines.reduce(Money.zero) { $0 + $1.amount }
    return answerChanged(deposit, bank, call)
  }

  // MARK: Quick deposits and withdrawals

  private func cashMove(_ body: JSONValue) throws(Refusal) -> EntityAllocation {
    let account = try requireAccount(
      body.id("OffsetGLAccountId"), "OffsetGLAccountId", refusingControl: true)
    return EntityAllocation(
      entity: try requireEntity(body.child("AccountingEntity"), "AccountingEntity"),
      accountId: account.id, amount: try requirePositive(body.money("Amount"), "Amount"),
      memo: body.text("Memo"))
  }

  mutating func addCashMove(
    _ form: LedgerTransaction.BankForm, _ call: Call
  ) throws(Refusal) -> Answer {
    let (bank, day) = try openBank(call)
    let allocation = try cashMove(call.body)
    let id = portfolio.moveCash(
      form, allocation, at: bank, on: day, memo: call.body.text("Memo"), stamp: call.now)
    let name = form == .withdrawal ? "withdrawals" : "quickdeposits"
    return try answerNew(id, bank, name, call)
  }

  mutating func replaceCashMove(
    _ form: LedgerTransaction.BankForm, _ call: Call
  ) throws(Refusal) -> Answer {
    let (bank, day) = try openBank(call)
    var move = try bankTransaction(call, form)
    try requireOpen(move.day, "EntryDate")
    let allocation = try cashMove(call.body)
    (move.day, move.memo, move.total) = (day, call.body.text("Memo"), allocation.amount)
    move.lines =
      form == .withdrawal
      ? portfolio.bothBases([allocation]) : portfolio.credited([allocation])
    return answerChanged(move, bank, call)
  }

  // MARK: Transfers

  private func transfer(
    _ body: JSONValue, from bank: BankAccount
  ) throws(Refusal) -> (amount: Money, lines: [Posting]) {
    guard let targetId = body.id("TransferToBankAccountId"), targetId != bank.id,
      let target = portfolio.banks[targetId], target.isActive
    else {
      throw Refusal.unprocessable(
        "TransferToBankAccountId", "must be another active bank account")
    }
    let amount = try requirePositive(body.money("TotalAmount"), "TotalAmount")
    let entity = try requireEntity(body.child("AccountingEntity"), "AccountingEntity")
    return (
      amount,
      portfolio.transferLines(
        amount, of: entity, from: bank, to: target, memo: body.text("Memo"))
    )
  }

  mutating func addTransfer(_ call: Call) throws(Refusal) -> Answer {
    let (bank, day) = try openBank(call)
    let (amount, lines) = try transfer(call.body, from: bank)
    let id = portfolio.post(
      .other, on: day, memo: call.body.text("Memo"), total: amount, lines: lines, at: call.now
    ) { ($0.bankAccountGLId, $0.form) = (bank.accountId, .transfer) }
    return try answerNew(id, bank, "transfers", call)
  }

  mutating func replaceTransfer(_ call: Call) throws(Refusal) -> Answer {
    let (bank, day) = try openBank(call)
    var changed = try bankTransaction(call, .transfer)
    try requireOpen(changed.day, "EntryDate")
    let (amount, lines) = try transfer(call.body, from: bank)
    (changed.day, changed.memo) = (day, call.body.text("Memo"))
    (changed.total, changed.lines) = (amount, lines)
    return answerChanged(changed, bank, call)
  }
}
