import Domain

/// Bills and their payments. No bill can be deleted or voided, no payment changed: the service has
/// no such calls.
enum BillRoutes {
  static let all: [Route] = [
    .get(
      "/v1/bills", .bills,
      """
      entityid:int entitytype:Rental|RentalOwner|Association vendorid:int referencenumber:text
      paidstatus:Paid|Unpaid|UncollectedMarkups frompaiddate:date topaiddate:date
      approvalstatuses:[=Approval] paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listBills(call)
    },
    .send("POST", "/v1/bills", .bills, "BillPost") { (state, call) throws(Refusal) in
      try state.addBill(call)
    },
    .get("/v1/bills/#", .bills) { (state, call) throws(Refusal) in
      let bill = try state.find(state.portfolio.bills, call.id(0), "bill")
      return state.object { state.write(bill, &$0) }
    },
    .send("PUT", "/v1/bills/#", .bills, "BillPut") { (state, call) throws(Refusal) in
      try state.replaceBill(call)
    },
    .send("PATCH", "/v1/bills/#", .bills, "BillPatch") { (state, call) throws(Refusal) in
      try state.patchBill(call)
    },
    .send("POST", "/v1/bills/payments", .bills, "BillPayments") { (state, call) throws(Refusal) in
      try state.payManyBills(call)
    },
    .get("/v1/bills/#/payments", .bills, "paging") { (state, call) throws(Refusal) in
      let bill = try state.find(state.portfolio.bills, call.id(0), "bill")
      let rows = state.portfolio.billPayments.rows.filter { $0.billIds.contains(bill.id) }
      return try state.list(rows, call, paymentKeys) { state.write($1, &$0) }
    },
    .send("POST", "/v1/bills/#/payments", .bills, "BillPayment") { (state, call) throws(Refusal) in
      try state.payBill(call)
    },
    .get("/v1/bills/#/payments/#", .bills) { (state, call) throws(Refusal) in
      let bill = try state.find(state.portfolio.bills, call.id(0), "bill")
      let payment = try state.find(state.portfolio.billPayments, call.id(1), "bill payment")
      guard payment.billIds.contains(bill.id) else { throw Refusal.notFound("bill payment") }
      return state.object { state.write(payment, &$0) }
    },
  ]

  static let keys: SortKeys<Bill> = [
    "id": { .id($0.id) }, "date": { .day($0.day) }, "duedate": { .day($0.due) },
    "paiddate": { .day($0.paidDay) }, "vendorid": { .id($0.vendorId) },
    "memo": { .optional($0.memo) }, "referencenumber": { .optional($0.reference) },
    "approvalstatus": { .text($0.approval) },
  ]
  static let paymentKeys: SortKeys<BillPayment> = [
    "id": { .id($0.id) }, "entrydate": { .day($0.day) },
    "bankaccountid": { .id($0.bankAccountId) }, "checknumber": { .text($0.checkNumber) },
  ]
}

extension BuildiumState {
  func listBills(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    let status = query.text("paidstatus")
    let hasDates = query.day("frompaiddate") != nil && query.day("topaiddate") != nil
    if options.requiresPaidDates, status != "Unpaid", !hasDates {
      throw Refusal.unprocessable([
        Refusal.Fault(key: "frompaiddate", value: "is required when paid bills are wanted"),
        Refusal.Fault(key: "topaiddate", value: "is required when paid bills are wanted"),
      ])
    }
    let entities = entityFilter(query.text("entitytype"), query.id("entityid"))
    let approvals = query.words("approvalstatuses")
    let vendor = query.id("vendorid")
    let reference = query.text("referencenumber")
    let rows = portfolio.bills.rows.filter { bill in
      (status != "Paid" || bill.paidDay != nil) && (status != "Unpaid" || bill.paidDay == nil)
        && (status != "UncollectedMarkups" || bill.lines.contains { $0.markup != nil })
        && (bill.paidDay == nil
          || query.covers(bill.paidDay, from: "frompaiddate", to: "topaiddate"))
        && (vendor == nil || bill.vendorId == vendor)
        && (reference == nil || bill.reference == reference)
        && (approvals?.contains(bill.approval) ?? true)
        && (entities.map { wanted in bill.lines.contains { wanted($0.entity) } } ?? true)
    }
    return try list(rows, call, BillRoutes.keys) { write($1, &$0) }
  }

  /// Which entities a filter by type and number lets through; nil when nothing was asked.
  func entityFilter(_ type: String?, _ id: Int32?) -> ((Entity) -> Bool)? {
    guard type != nil || id != nil else { return nil }
    switch type {
    case "Company": return { $0.kind == .company && (id == nil || $0.id == id) }
    case "RentalOwner":
      let properties = Set(
        portfolio.owners.rows.filter { id == nil || $0.id == id }.flatMap(\.propertyIds))
      return { $0.kind == .rental && properties.contains($0.id) }
    case "Association": return { _ in false }
    default: return { $0.kind == .rental && (id == nil || $0.id == id) }
    }
  }

  // MARK: Writing

  private func requireLine(_ value: JSONValue, _ key: String) throws(Refusal) -> Bill.Line {
    let entity = try requireEntity(
      value.child("AccountingEntity"), key + ".AccountingEntity")
    let account = try requireAccount(
      value.id("GlAccountId"), key + ".GlAccountId", refusingControl: true)
    guard let amount = value.money("Amount"), amount != .zero else {
      throw Refusal.unprocessable(key + ".Amount", "must not be zero")
    }
    let markup = value.child("Markup").flatMap { markup in
      markup.money("Amount").map {
        Bill.Markup(amount: $0, kind: markup.text("Type") ?? "Amount")
      }
    }
    if let markup, markup.kind == "Percent", markup.amount > Money(minorUnits: 10_000) {
      throw Refusal.unprocessable(key + ".Markup.Amount", "must not be more than 100 percent")
    }
    return Bill.Line(
      id: 0, entity: entity, accountId: account.id, amount: amount, markup: markup,
      memo: value.text("Memo"))
  }

  mutating func addBill(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    guard let vendorId = body.id("VendorId"), portfolio.vendors.contains(vendorId) else {
      throw Refusal.notFound("vendor")
    }
    guard let day = body.day("Date"), let due = body.day("DueDate"), due > day else {
      throw Refusal.unprocessable("DueDate", "must lie after Date")
    }
    try requireOpen(day, "Date")
    if let order = body.id("WorkOrderId"), !portfolio.workOrders.contains(order) {
      throw Refusal.unprocessable("WorkOrderId", "no such work order")
    }
    var lines: [Bill.Line] = []
    for (index, value) in (body.list("Lines") ?? []).enumerated() {
      lines.append(try requireLine(value, "Lines[\(index)]"))
    }
    let id = portfolio.addBill(
      vendorId: vendorId,
      lines.map {
        EntityAllocation(
          entity: $0.entity, accountId: $0.accountId, amount: $0.amount, memo: $0.memo)
      }, on: day, due: due, memo: body.text("Memo"), reference: body.text("ReferenceNumber"),
      approval: "NotNeeded", workOrderId: body.id("WorkOrderId"), at: call.now)
    portfolio.bills.update(id) { bill in
      for index in bill.lines.indices { bill.lines[index].markup = lines[index].markup }
    }
    announce("Bill.Created", "BillId", id, at: call.now)
    let bill = try find(portfolio.bills, id, "bill")
    return created("/v1/bills/\(id)") { write(bill, &$0) }
  }

  mutating func replaceBill(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    var bill = try find(portfolio.bills, call.id(0), "bill")
    try requireOpen(bill.day, "Date")
    guard let vendorId = body.id("VendorId"), portfolio.vendors.contains(vendorId) else {
      throw Refusal.notFound("vendor")
    }
    bill.vendorId = vendorId
    (bill.day, bill.due) = (body.day("Date") ?? bill.day, body.day("DueDate") ?? bill.due)
    (bill.memo, bill.reference) = (body.text("Memo"), body.text("ReferenceNumber"))
    guard let values = body.list("Lines"), !values.isEmpty else {
      throw Refusal.unprocessable("Lines", "a bill needs at least one line")
    }
    var lines: [Bill.Line] = []
    for (index, value) in values.enumerated() {
      var line = try requireLine(value, "Lines[\(index)]")
      if let id = value.id("Id") {
        guard let old = bill.lines.first(where: { $0.id == id }) else {
          throw Refusal.unprocessable("Lines[\(index)].Id", "is no line of the bill")
        }
        (line.id, line.paid) = (id, old.paid)
      } else {
        line.id = portfolio.nextPartId()
      }
      lines.append(line)
    }
    return try save(bill, lines: lines, call)
  }

  mutating func patchBill(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    var bill = try find(portfolio.bills, call.id(0), "bill")
    try requireOpen(bill.day, "Date")
    if let vendorId = body.id("VendorId") {
      guard portfolio.vendors.contains(vendorId) else { throw Refusal.notFound("vendor") }
      bill.vendorId = vendorId
    }
    (bill.day, bill.due) = (body.day("Date") ?? bill.day, body.day("DueDate") ?? bill.due)
    if body.has("Memo") { bill.memo = body.text("Memo") }
    if body.has("ReferenceNumber") { bill.reference = body.text("ReferenceNumber") }
    var lines = bill.lines
    for (index, value) in (body.list("Lines") ?? []).enumerated() {
      let key = "Lines[\(index)]"
      guard let id = value.id("Id") else {
        var line = try requireLine(value, key)
        line.id = portfolio.nextPartId()
        lines.append(line)
        continue
      }
      guard let position = lines.firstIndex(where: { $0.id == id }) else {
        throw Refusal.unprocessable(key + ".Id", "is no line of the bill")
      }
      if let entity = value.child("AccountingEntity") {
        lines[position].entity = try requireEntity(entity, key + ".AccountingEntity")
      }
      if let account = value.id("GlAccountId") {
        lines[position].accountId = try requireAccount(
          account, key + ".GlAccountId", refusingControl: true
        ).id
      }
      if let amount = value.money("Amount") { lines[position].amount = amount }
      if let markup = value.child("Markup") {
        let old = lines[position].markup
        lines[position].markup = Bill.Markup(
          amount: markup.money("Amount") ?? old?.amount ?? .zero,
          kind: markup.text("Type") ?? old?.kind ?? "Amount")
      }
      if value.has("Memo") { lines[position].memo = value.text("Memo") }
    }
    return try save(bill, lines: lines, call)
  }

  private mutating func save(
    _ changed: Bill, lines: [Bill.Line], _ call: Call
  ) throws(Refusal) -> Answer {
    var bill = changed
    try requireOpen(bill.day, "Date")
    if bill.due < bill.day {
      throw Refusal.unprocessable("DueDate", "must not lie before Date")
    }
    let paid = bill.paid
    for (index, line) in lines.enumerated() where line.amount < line.paid {
      throw Refusal.unprocessable(
        "Lines[\(index)].Amount", "must not be less than the \(line.paid) already paid")
    }
    if lines.reduce(Money.zero, { $0 + $1.paid }) != paid {
      throw Refusal.unprocessable("Lines", "a line that has been paid cannot be removed")
    }
    bill.lines = lines
    if bill.paid < bill.total { bill.paidDay = nil }
    let saved = bill
    let postings = portfolio.billPostings(lines, memo: saved.memo)
    portfolio.bills.update(saved.id) { $0 = saved }
    portfolio.transactions.update(saved.id) {
      ($0.day, $0.memo, $0.total, $0.lines) = (saved.day, saved.memo, saved.total, postings)
      ($0.payee, $0.reference) = (.vendor(saved.vendorId), saved.reference)
      $0.updated = call.now
    }
    announce("Bill.Updated", "BillId", saved.id, at: call.now)
    return object { write(saved, &$0) }
  }

  // MARK: Payments

  private func requireBank(_ body: JSONValue) throws(Refusal) -> BankAccount {
    guard let id = body.id("BankAccountId"), let bank = portfolio.banks[id], bank.isActive else {
      throw Refusal.unprocessable("BankAccountId", "no such active bank account")
    }
    return bank
  }

  private func allocations(
    of bill: Bill, _ values: [JSONValue], _ key: String
  ) throws(Refusal) -> [BillPayment.Allocation] {
    var result: [BillPayment.Allocation] = []
    for (index, value) in values.enumerated() {
      guard let id = value.id("BillLineId"), let line = bill.lines.first(where: { $0.id == id })
      else { throw Refusal.unprocessable("\(key)[\(index)].BillLineId", "is no line of the bill") }
      let amount = try requirePositive(value.money("Amount"), "\(key)[\(index)].Amount")
      let before = result.filter { $0.lineId == id }.reduce(Money.zero) { $0 + $1.amount }
      guard before + amount <= line.amount - line.paid else {
        throw Refusal.unprocessable(
          "\(key)[\(index)].Amount", "is more than the \(line.amount - line.paid) still owed")
      }
      result.append(
        BillPayment.Allocation(
          billId: bill.id, lineId: id, entity: line.entity, accountId: line.accountId,
          amount: amount))
    }
    return result
  }

  private func requireCredits(
    _ ids: [Int32], vendor: Int32, atMost total: Money
  ) throws(Refusal) {
    var sum = Money.zero
    for (index, id) in ids.enumerated() {
      guard let credit = portfolio.credits[id], credit.vendorId == vendor,
        credit.refundBankAccountId == nil, credit.applied < credit.total
      else {
        throw Refusal.unprocessable(
          "VendorCreditIds[\(index)]", "is no open credit of the bill's vendor")
      }
      sum += credit.total - credit.applied
    }
    if ids.count > 1, sum > total {
      throw Refusal.unprocessable("VendorCreditIds", "the credits are more than what is paid")
    }
  }

  private mutating func pay(
    _ allocations: [BillPayment.Allocation], _ call: Call, check: String
  ) throws(Refusal) -> Answer {
    let body = call.body
    let bank = try requireBank(body)
    let day = body.day("EntryDate") ?? call.today
    try requireOpen(day, "EntryDate")
    let vendor = allocations.first.flatMap { portfolio.bills[$0.billId]?.vendorId } ?? 0
    let credits = body.ids("VendorCreditIds") ?? []
    let total = allocations.reduce(Money.zero) { $0 + $1.amount }
    try requireCredits(credits, vendor: vendor, atMost: total)
    let id = portfolio.pay(
      allocations, credits: credits, from: bank, on: day, check: check, memo: body.text("Memo"),
      at: call.now)
    let payment = try find(portfolio.billPayments, id, "bill payment")
    announce(
      "Bill.Payment.Created",
      [("PaymentId", .int(id)), ("BillIds", .array(payment.billIds.map { .int($0) }))],
      at: call.now)
    let bill = payment.billIds.first ?? 0
    return created("/v1/bills/\(bill)/payments/\(id)") { write(payment, &$0) }
  }

  private func requireUnpaid(_ bill: Bill) throws(Refusal) {
    if bill.paid == bill.total {
      throw Refusal.conflict("Bill \(bill.id) is paid already.")
    }
  }

  mutating func payBill(_ call: Call) throws(Refusal) -> Answer {
    let bill = try find(portfolio.bills, call.id(0), "bill")
    try requireUnpaid(bill)
    let lines = try allocations(of: bill, call.body.list("Lines") ?? [], "Lines")
    return try pay(lines, call, check: call.body.text("CheckNumber") ?? "")
  }

  mutating func payManyBills(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    var result: [BillPayment.Allocation] = []
    var billIds: [Int32] = []
    for (index, id) in (body.ids("BillIds") ?? []).enumerated() {
      guard let bill = portfolio.bills[id] else {
        throw Refusal.unprocessable("BillIds[\(index)]", "no such bill")
      }
      try requireUnpaid(bill)
      billIds.append(id)
      for line in bill.lines where line.amount > line.paid {
        result.append(
          BillPayment.Allocation(
            billId: id, lineId: line.id, entity: line.entity, accountId: line.accountId,
            amount: line.amount - line.paid))
      }
    }
    for (index, value) in (body.list("PaymentAllocations") ?? []).enumerated() {
      let key = "PaymentAllocations[\(index)]"
      guard let id = value.id("BillId"), let bill = portfolio.bills[id] else {
        throw Refusal.unprocessable(key + ".BillId", "no such bill")
      }
      if billIds.contains(id) {
        throw Refusal.unprocessable(key + ".BillId", "stands in BillIds or twice")
      }
      try requireUnpaid(bill)
      billIds.append(id)
      result += try allocations(of: bill, value.list("Lines") ?? [], key + ".Lines")
    }
    guard !result.isEmpty else {
      throw Refusal.unprocessable("BillIds", "nothing is left to be paid")
    }
    if Set(billIds.compactMap { portfolio.bills[$0]?.vendorId }).count > 1 {
      throw Refusal.unprocessable("BillIds", "one payment goes to one vendor")
    }
    return try pay(result, call, check: "")
  }
}
