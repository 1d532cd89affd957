import Domain

/// Work orders: the only records that join a vendor to a task.
enum WorkOrderRoutes {
  static let all: [Route] = [
    .get(
      "/v1/workorders", .workOrders,
      """
      entitytype:Rental|RentalOwner|Association entityid:int statuses:[=TaskStatus]
      type:=TaskType unitid:int unitagreementid:int lastupdatedfrom:date lastupdatedto:date
      duedatefrom:date duedateto:date taskcategoryid:int priorities:[=TaskPriority]
      assignedtoid:int vendorids:[int] amountfrom:money amountto:money isbilled:bool title:text
      taskids:[int] paging
      """
    ) { (state, call) throws(Refusal) in
      try state.listWorkOrders(call)
    },
    .send("POST", "/v1/workorders", .workOrders, "WorkOrderPost") { (state, call) throws(Refusal) in
      try state.addWorkOrder(call)
    },
    .get("/v1/workorders/#", .workOrders) { (state, call) throws(Refusal) in
      let order = try state.find(state.portfolio.workOrders, call.id(0), "work order")
      return state.object { state.write(order, &$0) }
    },
    .send("PUT", "/v1/workorders/#", .workOrders, "WorkOrderPut") { (state, call) throws(Refusal) in
      try state.replaceWorkOrder(call)
    },
  ]

  static let keys: SortKeys<WorkOrder> = [
    "id": { .id($0.id) }, "title": { .optional($0.title) }, "vendorid": { .id($0.vendorId) },
    "amount": { .money($0.amount) },
  ]
}

extension BuildiumState {
  func write(_ order: WorkOrder, _ writer: inout MessageWriter) {
    let task = portfolio.tasks[order.taskId]
    writer.put("Id", order.id)
    writer.object("Task", task) { writer, task in
      writer.put("Id", task.id)
      writer.put("Type", task.kind.rawValue)
      writer.put("UnitId", task.unitId)
      write(unitAgreement: task.leaseId, &writer)
      writer.put("Title", task.title)
      writer.put("DueDate", task.due)
      writer.put("Priority", task.priority)
      writer.put("Status", task.status)
    }
    writer.put("Title", order.title)
    writer.put("DueDate", task?.due)
    writer.put("Priority", task?.priority)
    writer.put("Status", task?.status)
    writer.put("WorkDetails", order.details)
    writer.put("InvoiceNumber", order.invoiceNumber)
    writer.put("ChargeableTo", order.chargeableTo)
    writer.put("EntryAllowed", order.entryAllowed)
    writer.put("EntryNotes", order.entryNotes)
    writer.put("VendorId", order.vendorId)
    writer.put("VendorNotes", order.vendorNotes)
    writer.object("EntryContact", order.entryContactIds.first) { writeContact($1, &$0) }
    writer.array("EntryContacts", order.entryContactIds) { writer, id in
      writer.object { writeContact(id, &$0) }
    }
    writer.put("BillTransactionId", order.billIds.last)
    writer.put("BillTransactionIds", order.billIds)
    writer.put("Amount", order.amount)
    writer.array("LineItems", order.lines) { writer, line in
      writer.object {
        $0.put("GlAccountId", line.accountId)
        $0.put("Quantity", line.quantity)
        $0.put("Memo", line.memo)
        $0.put("UnitPrice", line.unitPrice)
      }
    }
  }

  /// The kind of user a contact is and the path to it; nil for nobody.
  private func contact(_ id: Int32) -> (type: String, path: String)? {
    if portfolio.tenants.contains(id) { return ("RentalTenant", "leases/tenants") }
    if portfolio.owners.contains(id) { return ("RentalOwner", "rentals/owners") }
    return portfolio.users.contains(id) ? ("Staff", "users") : nil
  }

  private func writeContact(_ id: Int32, _ writer: inout MessageWriter) {
    writer.put("Id", id)
    writer.array("Resources", [contact(id)].compactMap { $0 }) { writer, contact in
      writer.object {
        $0.put("Type", contact.type)
        $0.put("Href", "\(Self.api)/\(contact.path)/\(id)")
      }
    }
  }

  func listWorkOrders(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    let vendors = query.ids("vendorids")
    let tasks = query.ids("taskids")
    let fits = taskFilter(query)
    let rows = portfolio.workOrders.rows.filter { order in
      (vendors?.contains(order.vendorId) ?? true) && (tasks?.contains(order.taskId) ?? true)
        && (query.money("amountfrom").map { $0 <= order.amount } ?? true)
        && (query.money("amountto").map { order.amount <= $0 } ?? true)
        && (query.flag("isbilled").map { $0 == !order.billIds.isEmpty } ?? true)
        && query.matches(order.title, "title")
        && query.covers(Day(order.updated.date), "lastupdated")
        && portfolio.tasks[order.taskId].map(fits) ?? false
    }
    return try list(rows, call, WorkOrderRoutes.keys) { write($1, &$0) }
  }

  private func requireWorkOrder(_ body: JSONValue) throws(Refusal) {
    guard let vendor = body.id("VendorId"), portfolio.vendors.contains(vendor) else {
      throw Refusal.unprocessable("VendorId", "no such vendor")
    }
    for (index, id) in contactIds(body).enumerated() where contact(id) == nil {
      throw Refusal.unprocessable("EntryContactIds[\(index)]", "no such user")
    }
    for (index, line) in (body.list("LineItems") ?? []).enumerated() {
      if let account = line.id("GlAccountId") {
        try requireAccount(account, "LineItems[\(index)].GlAccountId", refusingControl: true)
      }
    }
  }

  private func contactIds(_ body: JSONValue) -> [Int32] {
    body.ids("EntryContactIds") ?? body.id("EntryContactId").map { [$0] } ?? []
  }

  /// Status, priority, due date and task cannot be changed through the order; such members are
  /// passed over.
  private static func fill(_ order: inout WorkOrder, _ body: JSONValue, _ contacts: [Int32]) {
    order.title = body.text("Title")
    order.details = body.text("WorkDetails")
    order.invoiceNumber = body.text("InvoiceNumber")
    order.chargeableTo = body.text("ChargeableTo")
    order.entryAllowed = body.text("EntryAllowed") ?? "Unknown"
    order.entryNotes = body.text("EntryNotes")
    order.vendorId = body.id("VendorId") ?? 0
    order.vendorNotes = body.text("VendorNotes")
    order.entryContactIds = contacts
    order.lines = (body.list("LineItems") ?? []).map {
      WorkOrder.Line(
        accountId: $0.id("GlAccountId"), quantity: $0.decimal("Quantity") ?? WorkOrder.halves(2),
        memo: $0.text("Memo"), unitPrice: $0.money("UnitPrice") ?? .zero)
    }
  }

  mutating func addWorkOrder(_ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    try requireWorkOrder(body)
    let draft = body.child("Task")
    var taskId = body.id("TaskId") ?? 0
    if let draft {
      guard body.id("TaskId") == nil else {
        throw Refusal.unprocessable("TaskId", "give TaskId or Task, not both")
      }
      guard portfolio.users[draft.id("AssignedToUserId") ?? 0]?.isActive == true else {
        throw Refusal.unprocessable("Task.AssignedToUserId", "no such active staff user")
      }
      if let property = draft.id("PropertyId"), !portfolio.properties.contains(property) {
        throw Refusal.unprocessable("Task.PropertyId", "no such property")
      }
      let changeId = portfolio.nextPartId()
      taskId = portfolio.tasks.add { id in
        var task = TaskRecord(
          id: id, kind: .todo, title: draft.text("Title") ?? "",
          assigneeId: draft.id("AssignedToUserId") ?? 0, status: draft.text("Status") ?? "New",
          priority: draft.text("Priority") ?? "Normal", created: call.now, updated: call.now)
        (task.propertyId, task.unitId) = (draft.id("PropertyId"), draft.id("UnitId"))
        task.due = draft.day("DueDate")
        task.changes = [task.change(id: changeId, nil, call.now)]
        return task
      }
      announceTask("Created", taskId, .todo, at: call.now)
    } else if !portfolio.tasks.contains(taskId) {
      throw Refusal.unprocessable("TaskId", "no such task; give TaskId or Task")
    }
    let contacts = contactIds(body)
    let parent = taskId
    let id = portfolio.workOrders.add { id in
      var order = WorkOrder(
        id: id, taskId: parent, entryAllowed: "Unknown", vendorId: 0, updated: call.now)
      Self.fill(&order, body, contacts)
      return order
    }
    announce("WorkOrder.Created", "WorkOrderId", id, at: call.now)
    let order = try find(portfolio.workOrders, id, "work order")
    return created("/v1/workorders/\(id)") { write(order, &$0) }
  }

  mutating func replaceWorkOrder(_ call: Call) throws(Refusal) -> Answer {
    var order = try find(portfolio.workOrders, call.id(0), "work order")
    try requireWorkOrder(call.body)
    Self.fill(&order, call.body, contactIds(call.body))
    order.updated = call.now
    let changed = order
    portfolio.workOrders.update(order.id) { $0 = changed }
    announce("WorkOrder.Updated", "WorkOrderId", order.id, at: call.now)
    return object { write(changed, &$0) }
  }
}
