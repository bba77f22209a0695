// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancJobQueue.h"

#include "CallbackGuard.h"
#include "ErrorCodes.h"
#include "HostBuffer.h"

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/mutex.hpp>
#include <json/json.h>

#include <array>
#include <atomic>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    /**
     * Texts that the host reads after the callback that returned them. A text lives until several
     * newer ones were published; unchanged text keeps its address. Thread-safe: the thread that saves
     * the registry may read while a worker publishes.
     **/
    class PublishedText
    {
    public:
      void Publish(std::string text)
      {
        const boost::lock_guard<boost::mutex> lock(mutex_);
        if (texts_[current_] == nullptr || *texts_[current_] != text)
        {
          const std::size_t next = (current_ + 1) % texts_.size();
          texts_[next] = std::make_unique<const std::string>(std::move(text));
          current_ = next;
        }
      }

      const char* Get() const
      {
        const boost::lock_guard<boost::mutex> lock(mutex_);
        return texts_[current_] == nullptr ? nullptr : texts_[current_]->c_str();
      }

    private:
      mutable boost::mutex mutex_;
      std::array<std::unique_ptr<const std::string>, 8> texts_;
      std::size_t current_ = 0;
    };

    // The host refuses anything else, with an exception in the middle of its registry
    bool IsJsonObject(const std::string& text)
    {
      return text.size() >= 2 && text.front() == '{' &&
             text[text.find_last_not_of(" \n\r\t")] == '}';
    }

    // Set when the host gives the job back; shared by the wrapper, which dies then, and by the
    // function that has handed it over and must know
    using FinalizedFlag = std::shared_ptr<std::atomic<bool>>;

    class JobWrapper
    {
    public:
      JobWrapper(std::unique_ptr<IJob> job, FinalizedFlag isFinalized)
        : job_(std::move(job)),
          isFinalized_(std::move(isFinalized))
      {
        Refresh();
      }

      ~JobWrapper() { *isFinalized_ = true; }

      JobWrapper(const JobWrapper&) = delete;
      JobWrapper& operator=(const JobWrapper&) = delete;

      JobStep Step()
      {
        const JobStep step = job_->Step();
        Refresh();
        return step;
      }

      void Stop(JobStopReason reason)
      {
        job_->Stop(reason);
        Refresh();
      }

      void Reset()
      {
        job_->Reset();
        Refresh();
      }

      // What follows only reads what the last step left
      float GetProgress() const { return progress_; }
      const char* GetContent() const { return content_.Get(); }
      const char* GetSavedState() const { return savedState_.Get(); }

      void Refresh()
      {
        progress_ = job_->GetProgress();
        const std::string content = job_->GetContent();
        content_.Publish(IsJsonObject(content) ? content : "{}");
        const std::string savedState = job_->GetSavedState();
        if (IsJsonObject(savedState))
        {
          savedState_.Publish(savedState);
        }
      }

    private:
      std::unique_ptr<IJob> job_;
      FinalizedFlag isFinalized_;
      std::atomic<float> progress_{0.0f};
      PublishedText content_;
      PublishedText savedState_;
    };

    JobWrapper& ToWrapper(void* job)
    {
      return *static_cast<JobWrapper*>(job);
    }

    JobStopReason ToStopReason(OrthancPluginJobStopReason reason)
    {
      switch (reason)
      {
      case OrthancPluginJobStopReason_Success:
        return JobStopReason::Success;
      case OrthancPluginJobStopReason_Paused:
        return JobStopReason::Paused;
      case OrthancPluginJobStopReason_Canceled:
        return JobStopReason::Canceled;
      default:
        return JobStopReason::Failure;
      }
    }

    // The host destroys the job: purged from the history, deleted, or shutdown
    void OnFinalize(void* job)
    {
      GuardCallback("Releasing a job",
                    [job] { const std::unique_ptr<JobWrapper> owned(&ToWrapper(job)); });
    }

    float OnGetProgress(void* job)
    {
      return ToWrapper(job).GetProgress();
    }

    const char* OnGetContent(void* job)
    {
      return ToWrapper(job).GetContent();
    }

    // Also called under the lock of the host's registry, again and again for the whole history
    const char* OnGetSerialized(void* job)
    {
      return ToWrapper(job).GetSavedState();
    }

    OrthancPluginJobStepStatus OnStep(void* job)
    {
      JobStep step = JobStep::Failure;
      GuardCallback("Step of a job", [&] { step = ToWrapper(job).Step(); });
      return step == JobStep::Again     ? OrthancPluginJobStepStatus_Continue
             : step == JobStep::Success ? OrthancPluginJobStepStatus_Success
                                        : OrthancPluginJobStepStatus_Failure;
    }

    OrthancPluginErrorCode OnStop(void* job, OrthancPluginJobStopReason reason)
    {
      return GuardCallback("Stopping a job", [&] { ToWrapper(job).Stop(ToStopReason(reason)); });
    }

    OrthancPluginErrorCode OnReset(void* job)
    {
      return GuardCallback("Resetting a job", [&] { ToWrapper(job).Reset(); });
    }

    // The job then belongs to the host. Throws Failure(Internal)
    OrthancPluginJob* HandOver(OrthancPluginContext* context,
                               std::unique_ptr<IJob> job,
                               const FinalizedFlag& isFinalized)
    {
      const std::string type = job->GetType();
      std::unique_ptr<JobWrapper> wrapper =
        std::make_unique<JobWrapper>(std::move(job), isFinalized);

      OrthancPluginJob* created = nullptr;
      _OrthancPluginCreateJob parameters = {};
      parameters.target = &created;
      parameters.job = wrapper.get();
      parameters.finalize = &OnFinalize;
      parameters.type = type.c_str();
      parameters.getProgress = &OnGetProgress;
      parameters.getContent = &OnGetContent;
      parameters.getSerialized = &OnGetSerialized;
      parameters.step = &OnStep;
      parameters.stop = &OnStop;
      parameters.reset = &OnReset;

      // The service itself, because the inline function around it is marked as deprecated
      const OrthancPluginErrorCode code =
        context->InvokeService(context, _OrthancPluginService_CreateJob, &parameters);
      if (code == OrthancPluginErrorCode_Success && created != nullptr)
      {
        static_cast<void>(wrapper.release());
        return created;
      }
      if (*isFinalized)
      {
        static_cast<void>(wrapper.release()); // destroyed by OnFinalize()
      }
      throw Failure(FailureKind::Internal, "Orthanc cannot create a job");
    }

    // The callback gets no user pointer. Written only while the host calls it not
    std::unique_ptr<const std::pair<OrthancPluginContext*, JobRestorer>> jobRestorer;

    OrthancPluginJob* OnUnserialize(const char* jobType, const char* serialized)
    {
      OrthancPluginJob* result = nullptr;
      GuardCallback("Restoring a job",
                    [&]
                    {
                      if (jobRestorer != nullptr && jobType != nullptr && serialized != nullptr)
                      {
                        std::unique_ptr<IJob> job = jobRestorer->second(jobType, serialized);
                        if (job != nullptr)
                        {
                          result = HandOver(jobRestorer->first, std::move(job),
                                            std::make_shared<std::atomic<bool>>(false));
                        }
                      }
                    });
      return result;
    }
    // ---- The host's "/jobs"

    bool IsSuccess(const HostAnswer& answer)
    {
      return answer.errorCode == 0 && answer.status == 200;
    }

    // No such job, or its state does not allow it. Some hosts answer with a status, others raise an
    // error, and hosts up to 1.12.7 turn an empty 404 or 400 into an error code on its way to plugins
    bool IsRefusal(const HostAnswer& answer)
    {
      switch (answer.errorCode)
      {
      case 0:
        return answer.status == 404 || answer.status == 400;
      case OrthancPluginErrorCode_BadSequenceOfCalls:
      case OrthancPluginErrorCode_InexistentItem:
      case OrthancPluginErrorCode_BadRequest:
      case OrthancPluginErrorCode_UnknownResource:
        return true;
      default:
        return false;
      }
    }

    void ThrowUnlessSuccess(const HostAnswer& answer, const std::string& what)
    {
      if (answer.errorCode != 0)
      {
        CheckHostCall(static_cast<OrthancPluginErrorCode>(answer.errorCode), what);
      }
      if (!IsSuccess(answer))
      {
        throw Failure(answer.status == 503 ? FailureKind::Unavailable : FailureKind::Internal,
                      what + ": status " + std::to_string(answer.status) + " of Orthanc");
      }
    }

    // JsonCpp reports what is nested too deeply by an exception, everything else by its result
    Json::Value ParseJson(const std::string& text)
    {
      const Json::CharReaderBuilder builder;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      bool isJson = false;
      try
      {
        isJson = reader->parse(text.data(), text.data() + text.size(), &value, nullptr);
      }
      catch (const Json::Exception&)
      {
        isJson = false;
      }
      if (!isJson)
      {
        throw Failure(FailureKind::Internal, "Orthanc has not answered with JSON");
      }
      return value;
    }

    std::optional<JobState> ParseState(const std::string& name)
    {
      constexpr std::pair<const char*, JobState> STATES[] = {
        {"Pending", JobState::Pending}, {"Running", JobState::Running},
        {"Paused", JobState::Paused},   {"Retry", JobState::Retry},
        {"Success", JobState::Success}, {"Failure", JobState::Failure}};
      for (const auto& [text, state] : STATES)
      {
        if (name == text)
        {
          return state;
        }
      }
      return std::nullopt;
    }

    std::string GetText(const Json::Value& object, const char* name)
    {
      const bool isText = object.isObject() && object.isMember(name) && object[name].isString();
      return isText ? object[name].asString() : "";
    }

    // Absent if this is no job as we know them
    std::optional<QueuedJob> ParseJob(const Json::Value& json)
    {
      QueuedJob job;
      job.id = GetText(json, "ID");
      const std::optional<JobState> state = ParseState(GetText(json, "State"));
      if (job.id.empty() || !state.has_value())
      {
        return std::nullopt;
      }
      job.state = *state;
      job.priority = json["Priority"].isInt() ? json["Priority"].asInt() : 0;
      job.creationTime = GetText(json, "CreationTime");
      job.archiveId = GetText(json["Content"], "ArchiveId");
      return job;
    }
  } // namespace

  std::string OrthancJobQueue::Submit(std::unique_ptr<IJob> job, int priority)
  {
    const FinalizedFlag isFinalized = std::make_shared<std::atomic<bool>>(false);
    OrthancPluginJob* const created = HandOver(context_, std::move(job), isFinalized);

    char* id = nullptr;
    _OrthancPluginSubmitJob parameters = {};
    parameters.resultId = &id;
    parameters.job = created;
    parameters.priority = priority;
    const OrthancPluginErrorCode code =
      context_->InvokeService(context_, _OrthancPluginService_SubmitJob, &parameters);
    const HostString owned = OwnString(context_, id);
    if (code == OrthancPluginErrorCode_Success && owned != nullptr)
    {
      return owned.get();
    }

    // A host that is not up refuses before it takes the job. In all other cases the job was destroyed
    // by the host, or is in its registry although the call has failed: not ours to free
    if (code == OrthancPluginErrorCode_DatabaseNotInitialized && !*isFinalized)
    {
      OrthancPluginFreeJob(context_, created);
    }
    throw Failure(FailureKind::Internal,
                  "Orthanc refuses the job: error " + std::to_string(static_cast<int>(code)));
  }

  std::vector<QueuedJob> OrthancJobQueue::List()
  {
    const HostAnswer answer = host_.Call(HttpMethod::Get, "/jobs?expand", "");
    ThrowUnlessSuccess(answer, "GET /jobs");
    const Json::Value json = ParseJson(answer.body);
    std::vector<QueuedJob> jobs;
    for (const Json::Value& item : json)
    {
      if (std::optional<QueuedJob> job = ParseJob(item))
      {
        jobs.push_back(std::move(*job));
      }
    }
    return jobs;
  }

  std::optional<QueuedJob> OrthancJobQueue::Find(const std::string& hostJobId)
  {
    const HostAnswer answer = host_.Call(HttpMethod::Get, "/jobs/" + hostJobId, "");
    if (IsRefusal(answer))
    {
      return std::nullopt;
    }
    ThrowUnlessSuccess(answer, "GET /jobs/" + hostJobId);
    return ParseJob(ParseJson(answer.body));
  }

  bool OrthancJobQueue::Post(const std::string& hostJobId, const char* verb)
  {
    const std::string path = "/jobs/" + hostJobId + "/" + verb;
    const HostAnswer answer = host_.Call(HttpMethod::Post, path, "");
    if (IsRefusal(answer))
    {
      return false;
    }
    ThrowUnlessSuccess(answer, "POST " + path);
    return true;
  }

  bool OrthancJobQueue::Cancel(const std::string& hostJobId)
  {
    return Post(hostJobId, "cancel");
  }

  bool OrthancJobQueue::Pause(const std::string& hostJobId)
  {
    return Post(hostJobId, "pause");
  }

  bool OrthancJobQueue::Resume(const std::string& hostJobId)
  {
    return Post(hostJobId, "resume");
  }

  bool OrthancJobQueue::Resubmit(const std::string& hostJobId)
  {
    return Post(hostJobId, "resubmit");
  }

  void RegisterJobRestorer(OrthancPluginContext* context, JobRestorer restorer)
  {
    jobRestorer =
      std::make_unique<std::pair<OrthancPluginContext*, JobRestorer>>(context, std::move(restorer));
    OrthancPluginRegisterJobsUnserializer(context, &OnUnserialize);
  }

  void ClearJobRestorer()
  {
    jobRestorer.reset();
  }
} // namespace OrthancPlugins
