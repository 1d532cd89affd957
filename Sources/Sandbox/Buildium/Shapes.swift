/// The bodies of the service's writing calls, named without their ending "Message". See ``Shape``
/// for how to read them.
enum Shapes {
  /// The shape of that name. - Precondition: there is one.
  static func named(_ name: String) -> Shape {
    guard let text = texts[name] else { preconditionFailure("no shape \(name)") }
    return Shape(text)
  }

  static var names: [String] { texts.keys.sorted() }

  // MARK: What the texts of several members share

  private static let texts: [String: String] = [
    "Address": """
    AddressLine1!:text1<=100 AddressLine2:text<=100 AddressLine3:text<=100 City:text<=100
    State:text PostalCode!:text1 Country!:text1
    """,
    "Phones": "Home:text10<=20 Work:text10<=20 Mobile:text10<=20 Fax:text10<=20",
    "Entity": "Id!:int AccountingEntityType!:=EntityType UnitId:int",
    "EntityPatch": "Id:int AccountingEntityType:=EntityType UnitId:int",
    "Tax": """
    TaxPayerId:text TaxPayerType:SSN|EIN TaxPayerName1:text<=40 TaxPayerName2:text<=40
    Address:{Address}
    """,
    "TaxSave": """
    TaxPayerId:text TaxPayerType:SSN|EIN TaxPayerName1:text<=40 TaxPayerName2:text<=40
    IncludeIn1099!:bool Address:{Address}
    """,
    "Note": "Note!:text1<=65535",
    "Emergency": "Name:text RelationshipDescription:text Phone:text Email:text",
    "FileName": "FileName!:text1<=255",

    // MARK: Properties, units, owners

    "RentalPost": """
    Name!:text1<=127 StructureDescription:text<=65535 Address!:{Address}
    RentalSubType!:=RentalSubType RentalOwnerIds:[int] OperatingBankAccountId!:int
    PropertyManagerId:int Reserve:money YearBuilt:int Units:[{RentalUnit}]0..100
    """,
    "RentalPut": """
    Name!:text1<=127 StructureDescription:text<=65535 Address!:{Address}
    RentalSubType!:=RentalSubType OperatingBankAccountId!:int PropertyManagerId:int
    Reserve:money YearBuilt:int
    """,
    "RentalUnit": """
    UnitNumber!:text1<=30 UnitSize:int MarketRent:money Address!:{Address}
    UnitBedrooms:=Bedrooms UnitBathrooms:=Bathrooms Description:text<=65535
    """,
    "UnitPost": """
    UnitNumber!:text1<=30 PropertyId!:int UnitSize:int MarketRent:money Address!:{Address}
    UnitBedrooms:=Bedrooms UnitBathrooms:=Bathrooms Description:text<=65535
    """,
    "PreferredVendors": "VendorIds!:[int]",
    "OwnerPost": """
    FirstName:text<=127 LastName:text<=127 IsCompany!:bool CompanyName:text<=127
    DateOfBirth:date ManagementAgreementStartDate:date ManagementAgreementEndDate:date
    Email:text AlternateEmail:text PhoneNumbers:{Phones} Address!:{Address}
    Comment:text<=65535 PropertyIds!:[int]1..100000 TaxInformation:{Tax}
    """,
    "OwnerPut": """
    FirstName:text<=127 LastName:text<=127 IsCompany!:bool CompanyName:text<=127
    DateOfBirth:date ManagementAgreementStartDate:date ManagementAgreementEndDate:date
    Email:text AlternateEmail:text PhoneNumbers:{Phones} Address!:{Address}
    Comment:text<=65535 PropertyIds!:[int]1..100000
    """,

    // MARK: Leases and tenants

    "LeasePost": """
    LeaseType!:Fixed|FixedWithRollover|AtWill UnitId!:int LeaseFromDate!:date LeaseToDate:date
    SendWelcomeEmail!:bool Tenants:[{TenantPut}]0..5 TenantIds:[int]0..5 ApplicantIds:[int]0..5
    Cosigners:[{Cosigner}] Rent:{LeaseRent} SecurityDeposit:{LeaseDeposit}
    ProratedFirstMonthRent:money ProratedLastMonthRent:money
    """,
    "LeasePut": """
    LeaseType!:Fixed|FixedWithRollover|AtWill UnitId!:int LeaseFromDate!:date LeaseToDate:date
    IsEvictionPending!:bool AutomaticallyMoveOutTenants:bool
    """,
    "LeaseRent": "Cycle!:=Cycle Charges!:[{LeaseRentCharge}]1..100",
    "LeaseRentCharge": "Amount!:money GlAccountId!:int NextDueDate!:date Memo:text<=65",
    "LeaseDeposit": "DueDate!:date Amount!:money",
    "Cosigner": """
    FirstName!:text1 LastName!:text1 Email:text AlternateEmail:text PhoneNumbers:{Phones}
    Address:{Address} AlternateAddress:{Address} MailingPreference:=Mailing
    """,
    "RenewalPost": """
    LeaseType!:Fixed|FixedWithRollover|AtWill LeaseToDate:date AutomaticallyMoveOutTenants:bool
    Rent!:{LeaseRent} Cosigners:[{Cosigner}] TenantIds:[int] Tenants:[{TenantPut}]
    SendWelcomeEmail!:bool
    """,
    "MoveOut": "TenantId!:int MoveOutDate!:date NoticeGivenDate:date",
    "RentPost": """
    StartDate:date RentCycle!:=Schedule BackdateCharges!:bool
    Charges!:[{RentCharge}]1..100
    """,
    "RentPut": "RentCycle!:=Schedule BackdateCharges!:bool Charges!:[{RentCharge}]1..100",
    "RentCharge": """
    Amount!:money GlAccountId!:int NextDueDate!:date Memo:text<=65 PostDaysInAdvance:int
    """,
    "TenantPost": """
    LeaseId!:int FirstName!:text1<=127 LastName!:text1<=127 Email:text AlternateEmail:text
    PhoneNumbers:{Phones} DateOfBirth:date Comment:text<=65535 TaxId:text
    EmergencyContact:{Emergency} Address!:{Address} AlternateAddress:{Address}
    MailingPreference:=Mailing
    """,
    "TenantPut": """
    FirstName!:text1<=127 LastName!:text1<=127 Email:text AlternateEmail:text
    PhoneNumbers:{Phones} DateOfBirth:date Comment:text<=65535 TaxId:text
    EmergencyContact:{Emergency} Address!:{Address} AlternateAddress:{Address}
    MailingPreference:=Mailing
    """,

    // MARK: Tenants' ledger

    "ChargePost": "Date:date Memo:text<=65 BillId:int Lines:[{ChargeLine}]",
    "ChargePut": "Date!:date Memo:text<=65 Lines!:[{ChargeLine}]1..1000",
    "ChargeLine": "Amount!:money GLAccountId!:int ReferenceNumber:text<=30",
    "LedgerLine": "Amount!:money GLAccountId!:int",
    "PaymentPost": """
    Date!:date PaymentMethod!:=Method PayeeUserId:int Memo:text<=65 ReferenceNumber:text<=30
    SendEmailReceipt!:bool Lines!:[{LedgerLine}]1..1000
    """,
    "PaymentPut": """
    Date!:date PaymentMethod!:=MethodPut PayeeUserId:int Memo:text<=65
    ReferenceNumber:text<=30 Lines!:[{LedgerLine}]1..1000
    """,
    "AutoPayment": """
    Date!:date PaymentMethod!:=Method PayeeUserId:int Memo:text<=65 ReferenceNumber:text<=30
    SendEmailReceipt!:bool TotalAmount!:money
    """,
    "ReversePayment": """
    EntryDate!:date PaymentTransactionId!:int NSFCharge:{ReverseFee} BankFee:{ReverseFee}
    """,
    "ReverseFee": "GLAccountId!:int TotalAmount!:money",
    "CreditPost": """
    Date!:date Memo:text<=65 CreditType!:WaiveUnpaid|Exchange|PreviouslyDeposited
    OffsettingGLAccountId:int Lines!:[{CreditLine}]1..1000
    """,
    "CreditLine": "Amount!:money GlAccountId!:int",
    "RefundPost": """
    Date!:date PayeeUserIds!:[int]1..5 Memo:text<=65 CheckNumber:text<=30 BankAccountId!:int
    Address!:{Address} Lines!:[{LedgerLine}]1..1000
    """,
    "Withholding": """
    EntryDate!:date DepositLiabilityGLAccountId!:int Memo:text<=65 Lines:[{LedgerLine}]1..1000
    """,

    // MARK: Bills and vendors

    "BillPost": """
    Date!:date DueDate!:date Memo:text<=245 VendorId!:int WorkOrderId:int
    ReferenceNumber:text<=40 Lines!:[{BillLine}]1..1000
    """,
    "BillPut": """
    Date!:date DueDate!:date Memo:text<=245 VendorId!:int ReferenceNumber:text<=40
    Lines:[{BillLine}]1..1000
    """,
    "BillPatch": """
    Date:date DueDate:date Memo:text<=245 VendorId:int ReferenceNumber:text<=40
    Lines:[{BillLinePatch}]1..1000
    """,
    "BillLine": """
    Id:int AccountingEntity!:{Entity} GlAccountId!:int Amount!:money Markup:{Markup}
    Memo:text<=240
    """,
    "BillLinePatch": """
    Id:int AccountingEntity:{EntityPatch} GlAccountId:int Amount:money Markup:{MarkupPatch}
    Memo:text<=240
    """,
    "Markup": "Amount!:money Type!:Percent|Amount",
    "MarkupPatch": "Amount:money Type:Percent|Amount",
    "BillPayment": """
    BankAccountId!:int EntryDate!:date Memo:text<=240 CheckNumber:text<=30
    Lines!:[{BillPaymentLine}]1..1000 VendorCreditIds:[int]
    """,
    "BillPaymentLine": "BillLineId!:int Amount!:money",
    "BillPayments": """
    BankAccountId!:int EntryDate!:date QueueChecksForPrinting:bool BillIds!:[int]
    VendorCreditIds:[int] PaymentAllocations:[{BillAllocation}]
    """,
    "BillAllocation": "BillId:int Lines:[{BillPaymentLine}]",
    "VendorPost": """
    FirstName:text<=127 LastName:text<=127 IsCompany!:bool CompanyName:text<=127
    PrimaryEmail:text AlternateEmail:text PhoneNumbers:{Phones} Address:{Address}
    CategoryId!:int ExpenseGlAccountId:int AccountNumber:text<=30 Website:text<=100
    VendorInsurance:{Insurance} Comments:text<=65535 TaxInformation:{Tax}
    """,
    "VendorPut": """
    FirstName:text<=127 LastName:text<=127 IsCompany!:bool CompanyName:text<=127
    PrimaryEmail:text AlternateEmail:text PhoneNumbers:{Phones} Address:{Address}
    CategoryId!:int ExpenseGlAccountId:int AccountNumber:text<=30 Website:text<=100
    VendorInsurance:{Insurance} Comments:text<=65535 TaxInformation:{TaxSave}
    """,
    "Insurance": "Provider:text<=65 PolicyNumber:text<=65 ExpirationDate:date",
    "Category": "Name!:text1",
    "VendorCredit": """
    EntryDate!:date ReferenceNumber:text<=40 Memo:text<=40 Lines!:[{VendorCreditLine}]1..100
    """,
    "VendorCreditLine": """
    GLAccountId!:int Amount!:money Memo:text<=240 AccountingEntity!:{Entity}
    """,
    "VendorLine": "GLAccountId!:int Amount!:money Memo:text<=215 AccountingEntity!:{Entity}",
    "VendorRefund": """
    EntryDate!:date BankAccountId:int CreditCardAccountId:int PaymentMethod!:=Method
    ReferenceNumber:text<=45 Memo:text<=65 Lines!:[{VendorLine}]1..100
    """,

    // MARK: General ledger and banks

    "AccountPost": """
    SubType!:=GLSubType IsCashAsset:bool Name!:text1<=50 AccountNumber!:text1<=12
    Description:text<=250 IsContraAccount:bool CashFlowClassification:=CashFlow
    ParentGLAccountId:int
    """,
    "AccountPut": """
    Name!:text1<=50 SubType!:=GLSubType ParentGLAccountId:int IsCashAsset:bool
    AccountNumber!:text1<=12 Description:text<=250 IsContraAccount:bool
    CashFlowClassification:=CashFlow
    """,
    "Journal": """
    AccountingEntity!:{Entity} Date!:date Memo:text<=240 Lines!:[{JournalLine}]2..1000
    """,
    "JournalLine": "GLAccountId!:int Memo:text PostingType!:Credit|Debit Amount!:money",
    // The form of a country's name is checked where the account is made.
    "BankPost": """
    CheckPrintingInfo:{CheckPrinting} Name!:text1 Description:text
    BankAccountType!:Checking|Savings Country!:text1 AccountNumber:text RoutingNumber:text
    """,
    // The printing settings may be left out when it is made, and not when it is replaced.
    "BankPut": """
    CheckPrintingInfo!:{CheckPrintingPut} Name!:text1 Description:text
    BankAccountType!:Checking|Savings Country!:text1 AccountNumber:text RoutingNumber:text
    """,
    "CheckPrinting": """
    EnableRemoteCheckPrinting:bool EnableLocalCheckPrinting:bool CheckLayoutType:=CheckLayout
    SignatureHeading:text FractionalNumber:text \(printingLines)
    """,
    "CheckPrintingPut": """
    EnableRemoteCheckPrinting!:bool EnableLocalCheckPrinting!:bool
    CheckLayoutType!:=CheckLayout SignatureHeading:text FractionalNumber:text \(printingLines)
    """,
    "Check": """
    Payee!:{CheckPayee} CheckNumber:text<=30 EntryDate!:date Memo:text<=240
    Lines!:[{CheckLine}]1..1000
    """,
    "CheckPayee": "Id!:int Type!:Vendor|RentalOwner",
    "CheckLine": """
    GLAccountId!:int AccountingEntity!:{Entity} Memo:text ReferenceNumber:text Amount!:money
    """,
    "DepositPost": """
    EntryDate!:date Memo:text Lines:[{DepositLine}] PaymentTransactionIds:[int]
    """,
    "DepositPut": "EntryDate!:date Memo:text Lines:[{DepositLine}]",
    "DepositLine": """
    GLAccountId:int AccountingEntity:{Entity} Memo:text ReferenceNumber:text Amount:money
    """,
    "CashMove": """
    EntryDate!:date OffsetGLAccountId!:int Amount!:money Memo:text AccountingEntity!:{Entity}
    """,
    "Transfer": """
    EntryDate!:date TransferToBankAccountId!:int TotalAmount!:money Memo:text
    AccountingEntity!:{Entity}
    """,
    "ReconciliationPost": """
    StatementEndingDate!:date TotalChecksAndWithdrawals:money TotalDepositsAndAdditions:money
    EndingBalance!:money
    """,
    "ReconciliationPut": "StatementEndingDate!:date",
    "ReconciliationBalance": """
    TotalChecksAndWithdrawals!:money TotalDepositsAndAdditions!:money EndingBalance!:money
    """,
    "TransactionIds": "TransactionIds!:[int]1..1000",

    // MARK: Tasks and work orders

    "TodoPost": """
    \(task) Description:text<=65500 \(place) AssignedToUserId!:int
    """,
    "TodoPut": "\(task) Message:text<=65500 \(place) AssignedToUserId!:int",
    "ContactPost": """
    \(task) Description:text<=65500 \(place) AssignedToUserId!:int ContactDetail!:{Contact}
    """,
    "ContactPut": """
    \(task) Message:text<=65500 \(place) AssignedToUserId!:int ContactDetail!:{Contact}
    """,
    "Contact": "FirstName!:text1 LastName:text Email:text PhoneNumbers:{ContactPhones}",
    "ContactPhones": "Home:text10<=20 Work:text10<=20 Mobile:text10<=20",
    "OwnerTaskPost": """
    \(task) Description:text<=65500 \(place) AssignedToUserId:int
    RequestedByRentalOwnerId!:int
    """,
    "OwnerTaskPut": "\(task) Message:text<=65500 \(place) AssignedToUserId:int",
    "ResidentPost": """
    \(task) Description:text<=65500 UnitAgreementId!:int RequestedByEntityId!:int
    AssignedToUserId:int IsEntryPermittedByResident:bool DoesResidentHavePets:bool
    ResidentEntryNotes:text<=65535 ShareWithRentalOwners:bool ShareWithBoardMembers:bool
    """,
    "ResidentPut": "\(task) Message:text<=65500 AssignedToUserId:int",
    "TaskHistory": "Message!:text1<=65500",
    "Contributions": """
    ContributionRequests:[{Contribution}] ReminderSettings:{Reminder}
    """,
    "Contribution": "Description:text Amount:money",
    "Reminder": "IsActive:bool RecurrenceDays:int",
    "WorkOrderPost": "\(workOrder) TaskId:int Task:{WorkOrderTask}",
    "WorkOrderPut": workOrder,
    "WorkOrderLine": "GlAccountId:int Quantity!:decimal Memo:text UnitPrice!:money",
    "WorkOrderTask": """
    Title!:text1<=127 DueDate:date Priority!:=TaskPriority Status!:=TaskStatus PropertyId:int
    UnitId:int AssignedToUserId!:int
    """,
  ]

  private static let printingLines = (1...5).map {
    "BankInformationLine\($0):text CompanyInformationLine\($0):text"
  }.joined(separator: " ")
  private static let task = """
    Title!:text1<=127 CategoryId:int SubCategoryId:int TaskStatus!:=TaskStatus
    Priority!:=TaskPriority DueDate:date
    """
  private static let place = "PropertyId:int UnitId:int"
  private static let workOrder = """
    Title:text<=127 WorkDetails:text<=65535 InvoiceNumber:text<=50 ChargeableTo:text<=100
    EntryAllowed!:Unknown|Yes|No EntryNotes:text<=65535 VendorId!:int VendorNotes:text<=65535
    EntryContactId:int EntryContactIds:[int] LineItems:[{WorkOrderLine}]
    """
}
