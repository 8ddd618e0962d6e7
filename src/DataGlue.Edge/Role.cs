using DataGlue.Edge.Edge;
using DataGlue.Edge.Home;

namespace DataGlue.Edge;

/// <summary>What this node is: the home, where all data is, or an edge of it. It is chosen once; nothing asks for it afterwards.</summary>
internal abstract class Role
{
    /// <summary><c>home</c> or <c>edge</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The same in words, for the log.</summary>
    public abstract string Description { get; }

    public static Role Of(Settings settings) => settings.Home is null ? new HomeRole(settings) : new EdgeRole(settings);

    /// <summary>Adds the sink, and what else is of this role alone.</summary>
    public abstract void AddServices(IServiceCollection services);

    /// <summary>Makes room for the database, before it is opened.</summary>
    public virtual void Prepare(WebApplication app)
    {
    }

    /// <summary>Checks what the database holds, once it has its schema.</summary>
    /// <exception cref="SettingException">It is not one for this role.</exception>
    public abstract void CheckDatabase(WebApplication app);

    /// <summary>What happens to a request between the door and its endpoint.</summary>
    public abstract void UseRules(IApplicationBuilder app);

    /// <summary>Maps the endpoints of this role, in the group of <c>/glue</c>.</summary>
    public abstract void Map(WebApplication app, IEndpointRouteBuilder glue);
}
