import Domain

/// A tenant's ledger: charges, payments, credits, refunds, deposits applied, and what is owed.
enum LeaseLedgerRoutes {
  private static let bulk = """
    leaseids:[int] createddatetimefrom:time createddatetimeto:time lastupdatedfrom:time
    lastupdatedto:time paging
    """

  static let all: [Route] = [
    .get(
      "/v1/leases/#/transactions", .leaseTransactions,
      """
      transactiondatefrom:date transactiondateto:date transactiontypes:[=TransactionType] paging
      """
    ) { (state, call) throws(Refusal) in
      let lease = try state.find(state.portfolio.leases, call.id(0), "lease")
      let types = call.query.words("transactiontypes")
      let rows = state.portfolio.transactions.rows.filter {
        $0.leaseId == lease.id && (types?.contains($0.type.rawValue) ?? true)
          && call.query.covers($0.day, "transactiondate")
      }
      return try state.list(rows, call, keys) { state.writeLedger($1, &$0) }
    },
    .get("/v1/leases/#/transactions/#", .leaseTransactions) { (state, call) throws(Refusal) in
      let transaction = try state.leaseTransaction(call)
      return state.object { state.writeLedger(transaction, &$0) }
    },
    .get(
      "/v1/leases/#/charges", .leaseTransactions,
      "transactiondatefrom:date transactiondateto:date billids:[int] paging"
    ) { (state, call) throws(Refusal) in
      let lease = try state.find(state.portfolio.leases, call.id(0), "lease")
      let bills = call.query.ids("billids")
      let rows = state.portfolio.transactions.rows.filter { charge in
        charge.type == .charge && charge.leaseId == lease.id
          && (bills.map { ids in charge.billId.map { ids.contains($0) } ?? false } ?? true)
          && call.query.covers(charge.day, "transactiondate")
      }
      return try state.list(rows, call, keys) { state.writeCharge($1, &$0) }
    },
    .send("POST", "/v1/leases/#/charges", .leaseTransactions, "ChargePost") {
      (state, call) throws(Refusal) in
      try state.addCharge(call)
    },
    .get("/v1/leases/#/charges/#", .leaseTransactions) { (state, call) throws(Refusal) in
      let charge = try state.leaseTransaction(call, .charge)
      return state.object { state.writeCharge(charge, &$0) }
    },
    .send("PUT", "/v1/leases/#/charges/#", .leaseTransactions, "ChargePut") {
      (state, call) throws(Refusal) in
      try state.replaceCharge(call)
    },
    .send("POST", "/v1/leases/#/payments", .leaseTransactions, "PaymentPost") {
      (state, call) throws(Refusal) in
      try state.addPayment(call)
    },
    .send("PUT", "/v1/leases/#/payments/#", .leaseTransactions, "PaymentPut") {
      (state, call) throws(Refusal) in
      try state.replacePayment(call)
    },
    .send("POST", "/v1/leases/#/autoallocatedpayments", .leaseTransactions, "AutoPayment") {
      (state, call) throws(Refusal) in
      try state.addAutoPayment(call)
    },
    .send("POST", "/v1/leases/#/reversepayments", .leaseTransactions, "ReversePayment") {
      (state, call) throws(Refusal) in
      try state.reverse(call)
    },
    .send("POST", "/v1/leases/#/credits", .leaseTransactions, "CreditPost") {
      (state, call) throws(Refusal) in
      try state.addCredit(call)
    },
    .send("POST", "/v1/leases/#/refunds", .leaseTransactions, "RefundPost") {
      (state, call) throws(Refusal) in
      try state.addRefund(call)
    },
    .get("/v1/leases/#/refunds/#", .leaseTransactions) { (state, call) throws(Refusal) in
      let transaction = try state.leaseTransaction(call, .refund)
      let detail = try state.find(state.portfolio.refunds, transaction.id, "refund")
      return state.object { state.writeRefund(transaction, detail, &$0) }
    },
    .send("POST", "/v1/leases/#/applieddeposits", .leaseTransactions, "Withholding") {
      (state, call) throws(Refusal) in
      try state.withhold(call)
    },
    .send("PUT", "/v1/leases/#/applieddeposits/#", .leaseTransactions, "Withholding") {
      (state, call) throws(Refusal) in
      try state.replaceWithholding(call)
    },
    .get(
      "/v1/leases/outstandingbalances", .outstandingBalances,
      """
      entitytype:Rental|RentalOwner entityid:int leasestatuses:[Active|Past|Future]
      leaseids:[int] pastdueemail:NoEmailAddress|Sent
      balanceduration:TotalBalance|Balance0to30Days|Balance31to60Days|Balance61to90Days|BalanceOver90Days
      evictionstatus:NotEvictionPending|EvictionPending paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listOutstanding(call)
    },
    .get("/v1/leases/recurringtransactions", .leaseTransactions, bulk) {
      (state, call) throws(Refusal) in
      let ids = call.query.ids("leaseids")
      let rows = state.portfolio.rents.rows.filter {
        (ids?.contains($0.leaseId) ?? true) && call.query.covers($0.created, "createddatetime")
          && call.query.covers($0.updated ?? $0.created, "lastupdated")
      }
      return try state.list(rows, call, LeaseRoutes.rentKeys) {
        state.writeRecurring($1, isBulk: true, on: call.today, &$0)
      }
    },
    .get("/v1/leases/#/recurringtransactions", .leaseTransactions, "paging") {
      (state, call) throws(Refusal) in
      let lease = try state.find(state.portfolio.leases, call.id(0), "lease")
      let rows = state.portfolio.rents.rows.filter { $0.leaseId == lease.id }
      return try state.list(rows, call, LeaseRoutes.rentKeys) {
        state.writeRecurring($1, isBulk: false, on: call.today, &$0)
      }
    },
  ]

  static let keys: SortKeys<LedgerTransaction> = [
    "id": { .id($0.id) }, "date": { .day($0.day) }, "totalamount": { .money($0.total) },
    "transactiontype": { .text($0.type.rawValue) },
    "transactiontypeenum": { .text($0.type.rawValue) },
    "lastupdateddatetime": { .time($0.updated) }, "memo": { .optional($0.memo) },
  ]
}

extension BuildiumState {
  func leaseTransaction(
    _ call: Call, _ type: TransactionType? = nil
  ) throws(Refusal) -> LedgerTransaction {
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let transaction = try find(portfolio.transactions, call.id(1), "transaction")
    guard transaction.leaseId == lease.id, type == nil || transaction.type == type else {
      throw Refusal.notFound("transaction")
    }
    return transaction
  }

  private func answerLedger(_ id: Int32, of leaseId: Int32) throws(Refusal) -> Answer {
    let transaction = try find(portfolio.transactions, id, "transaction")
    return created("/v1/leases/\(leaseId)/transactions/\(id)") { writeLedger(transaction, &$0) }
  }

  private mutating func announceLedger(_ name: String, _ id: Int32, at now: Instant) {
    announce(
      "LeaseTransaction.\(name)",
      [
        ("TransactionId", .int(id)),
        ("TransactionType", .optional(portfolio.transactions[id]?.type.rawValue)),
      ], at: now)
  }

  /// The lines of a body as amounts above zero on accounts that may stand there.
  private func allocations(
    _ body: JSONValue, account: String = "GLAccountId", kinds: [GLAccount.Kind]
  ) throws(Refusal) -> [Allocation] {
    let lines = body.list("Lines") ?? []
    if lines.isEmpty { throw Refusal.unprocessable("Lines", "at least one line is required") }
    var result: [Allocation] = []
    for (index, line) in lines.enumerated() {
      let key = "Lines[\(index)]"
      let gl = try requireAccount(
        line.id(account), "\(key).\(account)", refusingControl: true, kinds: kinds)
      result.append(
        Allocation(
          accountId: gl.id, amount: try requirePositive(line.money("Amount"), key + ".Amount"),
          reference: line.text("ReferenceNumber")))
    }
    return result
  }

  private func requirePayee(_ id: Int32?, of lease: Lease) throws(Refusal) -> Int32? {
    guard let id else { return lease.occupants.first?.tenantId }
    guard lease.occupants.contains(where: { $0.tenantId == id }) else {
      throw Refusal.unprocessable("PayeeUserId", "is not a tenant of the lease")
    }
    return id
  }

  // MARK: Charges

  mutating func addCharge(_ call: Call) throws(Refusal) -> Answer {
    let lease = try find(portfolio.leases, call.id(0), "lease")
    guard let day = call.body.day("Date") else {
      throw Refusal.unprocessable("Date", "is required")
    }
    try requireOpen(day, "Date")
    let lines = try allocations(call.body, kinds: [.income, .liability])
    let billId = call.body.id("BillId")
    if let billId {
      let isOnBill = portfolio.bills[billId]?.lines.contains {
        $0.entity.kind == .rental && $0.entity.id == lease.propertyId
      }
      guard isOnBill == true else {
        throw Refusal.unprocessable("BillId", "the bill has no line for the lease's property")
      }
    }
    let id = portfolio.charge(
      lease, lines, on: day, memo: call.body.text("Memo"), at: call.now, billId: billId)
    announceLedger("Created", id, at: call.now)
    // The document declares a list here, of which the service's answer is the one element.
    let transaction = try find(portfolio.transactions, id, "transaction")
    var writer = MessageWriter()
    writer.array([transaction]) { writer, charge in
      writer.object { writeLedger(charge, &$0) }
    }
    return .created(writer.bytes, location: "/v1/leases/\(lease.id)/charges/\(id)")
  }

  mutating func replaceCharge(_ call: Call) throws(Refusal) -> Answer {
    let charge = try leaseTransaction(call, .charge)
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = call.body.day("Date") ?? charge.day
    try requireOpen(charge.day, "Date")
    try requireOpen(day, "Date")
    let lines = try allocations(call.body, kinds: [.income, .liability])
    let postings = portfolio.chargeLines(lease, lines, memo: call.body.text("Memo"))
    portfolio.transactions.update(charge.id) {
      ($0.day, $0.memo, $0.lines) = (day, call.body.text("Memo"), postings)
      $0.total = lines.reduce(.zero) { $0 + $1.amount }
      $0.updated = call.now
    }
    return try changedLedger(charge.id, at: call.now)
  }

  private mutating func changedLedger(_ id: Int32, at now: Instant) throws(Refusal) -> Answer {
    announceLedger("Updated", id, at: now)
    let transaction = try find(portfolio.transactions, id, "transaction")
    return object { writeLedger(transaction, &$0) }
  }

  // MARK: Payments

  mutating func addPayment(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = body.day("Date") ?? call.today
    try requireOpen(day, "Date")
    let lines = try allocations(body, kinds: [.income, .liability])
    let payee = try requirePayee(body.id("PayeeUserId"), of: lease)
    let id = portfolio.receivePayment(
      lease, lines, on: day, method: body.text("PaymentMethod") ?? "Check",
      memo: body.text("Memo"), reference: body.text("ReferenceNumber"), tenantId: payee,
      at: call.now)
    announceLedger("Created", id, at: call.now)
    return try answerLedger(id, of: lease.id)
  }

  mutating func replacePayment(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let payment = try leaseTransaction(call, .payment)
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = body.day("Date") ?? payment.day
    try requireOpen(payment.day, "Date")
    try requireOpen(day, "Date")
    let lines = try allocations(body, kinds: [.income, .liability])
    if Set(lines.map(\.accountId)).count < lines.count {
      throw Refusal.unprocessable("Lines", "each line needs a general ledger account of its own")
    }
    let total = lines.reduce(Money.zero) { $0 + $1.amount }
    if payment.depositId != nil, total != payment.total {
      throw Refusal.unprocessable(
        "Lines", "the payment has been deposited; its total cannot change")
    }
    if payment.reversalId != nil {
      throw Refusal.unprocessable("paymentId", "the payment has been reversed")
    }
    let payee = try requirePayee(body.id("PayeeUserId"), of: lease)
    let postings = portfolio.paymentLines(lease, lines, memo: body.text("Memo"))
    portfolio.transactions.update(payment.id) {
      ($0.day, $0.memo, $0.lines, $0.total) = (day, body.text("Memo"), postings, total)
      ($0.method, $0.reference) = (
        body.text("PaymentMethod") ?? $0.method, body.text("ReferenceNumber")
      )
      ($0.payee, $0.updated) = (payee.map { .tenant($0) }, call.now)
    }
    return try changedLedger(payment.id, at: call.now)
  }

  /// Pays what is owed, the oldest account first; the rest is a prepayment.
  mutating func addAutoPayment(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = body.day("Date") ?? call.today
    try requireOpen(day, "Date")
    var left = try requirePositive(body.money("TotalAmount"), "TotalAmount")
    let payee = try requirePayee(body.id("PayeeUserId"), of: lease)
    var lines: [Allocation] = []
    for (accountId, owed) in portfolio.owed(by: lease.id)?.accounts ?? [] where owed > .zero {
      let part = min(owed, left)
      guard part > .zero else { break }
      lines.append(Allocation(accountId: accountId, amount: part))
      left = left - part
    }
    if left > .zero {
      lines.append(Allocation(accountId: ChartOfAccounts.prepayments, amount: left))
    }
    let id = portfolio.receivePayment(
      lease, lines, on: day, method: body.text("PaymentMethod") ?? "Check",
      memo: body.text("Memo"), reference: body.text("ReferenceNumber"), tenantId: payee,
      at: call.now)
    announceLedger("Created", id, at: call.now)
    return try answerLedger(id, of: lease.id)
  }

  mutating func reverse(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = body.day("EntryDate") ?? call.today
    try requireOpen(day, "EntryDate")
    guard let paymentId = body.id("PaymentTransactionId"),
      let payment = portfolio.transactions[paymentId], payment.type == .payment,
      payment.leaseId == lease.id
    else { throw Refusal.unprocessable("PaymentTransactionId", "is no payment of the lease") }
    if payment.reversalId != nil {
      throw Refusal.unprocessable("PaymentTransactionId", "has been reversed before")
    }
    guard payment.depositId != nil else {
      throw Refusal.unprocessable(
        "PaymentTransactionId", "must be deposited before it can be reversed")
    }
    var fees: [String: Allocation] = [:]
    for (name, kind) in [("NSFCharge", GLAccount.Kind.income), ("BankFee", .expense)] {
      guard let fee = body.child(name) else { continue }
      let account = try requireAccount(
        fee.id("GLAccountId"), name + ".GLAccountId", kinds: [kind])
      fees[name] = Allocation(
        accountId: account.id,
        amount: try requirePositive(fee.money("TotalAmount"), name + ".TotalAmount"))
    }
    let id = portfolio.reversePayment(payment, on: day, memo: "Reversed payment", at: call.now)
    if let charge = fees["NSFCharge"] {
      portfolio.charge(lease, [charge], on: day, memo: "NSF fee", at: call.now)
    }
    if let fee = fees["BankFee"], let bank = portfolio.bank(of: lease.propertyId) {
      portfolio.writeCheck(
        to: nil,
        [
          EntityAllocation(
            entity: .rental(lease.propertyId), accountId: fee.accountId, amount: fee.amount,
            memo: "Bank fee")
        ], from: bank, on: day, number: "", memo: "Bank fee", at: call.now)
    }
    announceLedger("Created", id, at: call.now)
    return try answerLedger(id, of: lease.id)
  }

  // MARK: Credits, refunds, deposits

  mutating func addCredit(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = body.day("Date") ?? call.today
    try requireOpen(day, "Date")
    var lines = try allocations(body, account: "GlAccountId", kinds: [.income, .liability])
    if let kind: GLAccount.Kind = ["Exchange": .expense, "PreviouslyDeposited": .equity][
      body.text("CreditType") ?? ""]
    {
      let offset = try requireAccount(
        body.id("OffsettingGLAccountId"), "OffsettingGLAccountId", kinds: [kind])
      for index in lines.indices { lines[index].accountId = offset.id }
    }
    let id = portfolio.giveCredit(lease, lines, on: day, memo: body.text("Memo"), at: call.now)
    announceLedger("Created", id, at: call.now)
    return try answerLedger(id, of: lease.id)
  }

  mutating func addRefund(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = body.day("Date") ?? call.today
    try requireOpen(day, "Date")
    let lines = try allocations(body, kinds: [.liability])
    guard let bankId = body.id("BankAccountId"), let bank = portfolio.banks[bankId],
      bank.isActive
    else { throw Refusal.unprocessable("BankAccountId", "no such active bank account") }
    let payees = body.ids("PayeeUserIds") ?? []
    for (index, id) in payees.enumerated()
    where !lease.occupants.contains(where: { $0.tenantId == id }) {
      throw Refusal.unprocessable("PayeeUserIds[\(index)]", "is not a tenant of the lease")
    }
    let address = try requireAddress(body.child("Address"))
    let id = portfolio.refund(
      lease, lines, on: day, memo: body.text("Memo"), check: body.text("CheckNumber") ?? "",
      from: bank, to: payees, address: address, at: call.now)
    announceLedger("Created", id, at: call.now)
    let transaction = try find(portfolio.transactions, id, "transaction")
    let detail = try find(portfolio.refunds, id, "refund")
    return created("/v1/leases/\(lease.id)/refunds/\(id)") {
      writeRefund(transaction, detail, &$0)
    }
  }

  /// - Parameter current: the withholding that is being replaced, whose amount is free again.
  private func withholding(
    _ body: JSONValue, _ lease: Lease, replacing current: LedgerTransaction? = nil
  ) throws(Refusal) -> (liability: Int32, lines: [Allocation]) {
    let liability = try requireAccount(
      body.id("DepositLiabilityGLAccountId"), "DepositLiabilityGLAccountId", kinds: [.liability])
    let lines = try allocations(body, kinds: [.income])
    let held = portfolio.held(liability.id, for: lease) + (current?.total ?? .zero)
    if lines.reduce(Money.zero, { $0 + $1.amount }) > held {
      throw Refusal.unprocessable(
        "Lines", "the lines are more than the \(held) held in the liability account")
    }
    return (liability.id, lines)
  }

  mutating func withhold(_ call: Call) throws(Refusal) -> Answer {
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = call.body.day("EntryDate") ?? call.today
    try requireOpen(day, "EntryDate")
    let (liability, lines) = try withholding(call.body, lease)
    let id = portfolio.apply(
      liability: liability, of: lease, lines, on: day, memo: call.body.text("Memo"),
      at: call.now)
    announceLedger("Created", id, at: call.now)
    return try answerLedger(id, of: lease.id)
  }

  mutating func replaceWithholding(_ call: Call) throws(Refusal) -> Answer {
    let transaction = try leaseTransaction(call, .applyDeposit)
    let lease = try find(portfolio.leases, call.id(0), "lease")
    let day = call.body.day("EntryDate") ?? transaction.day
    try requireOpen(transaction.day, "EntryDate")
    try requireOpen(day, "EntryDate")
    let (liability, lines) = try withholding(call.body, lease, replacing: transaction)
    let memo = call.body.text("Memo")
    let postings = portfolio.applicationLines(lease, liability: liability, lines, memo: memo)
    portfolio.transactions.update(transaction.id) {
      ($0.day, $0.memo, $0.lines, $0.updated) = (day, memo, postings, call.now)
      $0.total = lines.reduce(.zero) { $0 + $1.amount }
    }
    return try changedLedger(transaction.id, at: call.now)
  }
}
