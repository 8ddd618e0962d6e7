namespace DataGlue.Edge.Reports.Columns;

/// <summary>An event, as far as reports ask for it.</summary>
internal sealed class ReportEventRow
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string EventId { get; set; } = "";
    public string? SessionId { get; set; }
    public string Name { get; set; } = ""; // the column event
    public string? Page { get; set; }
    public string? Device { get; set; }
    public string? Browser { get; set; }
    public string? Os { get; set; }
    public string? Country { get; set; }
    public long Bot { get; set; } // 1 where nobody sits at it
    public string? Touch { get; set; }
    public long TouchCounts { get; set; }
    public string? OwnName { get; set; } // whom it names itself
}

/// <summary>A row of the identity log, as far as reports ask for it.</summary>
internal sealed class ReportIdentityRow
{
    public long Id { get; set; }
    public string GlueUserId { get; set; } = "";
    public string Timestamp { get; set; } = "";
    public string EventId { get; set; } = "";
    public string Kind { get; set; } = "";
    public string? Name { get; set; }
    public string? EmailKey { get; set; }
    public string? UserId { get; set; }
    public long Trusted { get; set; }
    public string? Touch { get; set; }
    public long TouchCounts { get; set; }
}
